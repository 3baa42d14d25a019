# SPDX-License-Identifier: MIT
"""One of the 75 runs of sweep-bottleneck in PyTorch at one thread: reads the images, trains,
calibrates, detects and writes what it found. Prints the seconds of its last epoch, as JSON.

    python3 -m peers.autoencoder_run EPOCHS FILE"""

import json
import sys
import time

import numpy
import torch

import reference


def trained(x, epochs):
    model = reference.autoencoder()
    losses = []
    for _ in range(epochs):
        start = time.perf_counter()
        losses += reference.train(model, x, torch.randperm(len(x)), foreach=True)
    return model, losses, time.perf_counter() - start


def main():
    epochs, file = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = reference.images("mnist", "train")
    rows = torch.randperm(len(x))
    train, validation = x[rows[: reference.TRAIN]], x[rows[reference.TRAIN :]]
    model, losses, seconds = trained(train, epochs)
    calibration = reference.scores(model, validation)
    threshold = calibration.mean() + 3 * calibration.std()
    normal = reference.scores(model, reference.images("mnist", "t10k"))
    anomalous = reference.scores(model, reference.images("kmnist", "t10k"))
    numpy.savez(file, loss=losses, normal=normal, anomalous=anomalous, threshold=threshold,
                type_1_error=(normal > threshold).float().mean(),
                type_2_error=(anomalous <= threshold).float().mean())
    print(json.dumps({"epoch_seconds": seconds}))


if __name__ == "__main__":
    main()
