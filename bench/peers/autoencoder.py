# SPDX-License-Identifier: MIT
"""One measurement of PyTorch's training loop, as a line of JSON: images/s with Adam's default
loop, and with foreach=True.

    python3 -m peers.autoencoder EPOCHS THREADS [default|foreach]...

The rows lie in memory as one float tensor and are indexed by batch: no DataLoader."""

import json
import sys
import time

import torch

import reference


def images_per_second(x, epochs, foreach):
    model = reference.autoencoder()
    order = torch.cat([torch.randperm(len(x)) for _ in range(epochs)])
    reference.train(model, x, order[: 20 * reference.BATCH], foreach)  # warm-up
    start = time.perf_counter()
    reference.train(model, x, order, foreach)
    return len(order) / (time.perf_counter() - start)


def main():
    epochs, threads = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    x = reference.images("mnist", "train")[: reference.TRAIN].clone()
    loops = sys.argv[3:] or ["default", "foreach"]
    print(json.dumps({loop: images_per_second(x, epochs, loop == "foreach")
                      for loop in loops}))


if __name__ == "__main__":
    main()
