# SPDX-License-Identifier: MIT
"""One measurement of PyTorch's training loop at one thread, as a line of JSON.

    speed_torch.py EPOCHS [foreach]

The rows lie in memory as one float tensor and are indexed by batch: no DataLoader."""

import json
import resource
import sys
import time

import torch

import reference


def main():
    epochs = int(sys.argv[1])
    foreach = "foreach" in sys.argv[2:]
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = reference.images("mnist", "train")[: reference.TRAIN].clone()
    model = reference.autoencoder()
    order = torch.cat([torch.randperm(len(x)) for _ in range(epochs)])
    reference.train(model, x, order[: 20 * reference.BATCH], foreach)  # warm-up
    start, processor = time.perf_counter(), time.process_time()
    losses = reference.train(model, x, order, foreach)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    print(
        json.dumps(
            {
                "clock": len(order) / seconds,
                "processor": len(order) / processor,
                "loss": sum(losses[-500:]) / 500,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "version": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
