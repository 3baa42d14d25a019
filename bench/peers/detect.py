# SPDX-License-Identifier: MIT
"""Reads images, scores them by a stored model, decides, and writes all of it, in PyTorch.
Prints the seconds, without those of the imports and of the stored model's making, as JSON.

    python3 -m peers.detect IMAGES MODEL SCORES THREADS

MODEL is made where it is not there."""

import json
import os
import sys
import time

import numpy
import torch

import reference


def scores(model, pixels):
    """By batches, so that what is converted is still in cache when it is used."""
    batches = torch.from_numpy(pixels.reshape(len(pixels), -1).copy()).split(1000)
    return torch.cat([reference.scores(model, rows.float() / 255) for rows in batches])


def main():
    images, stored, output, threads = *sys.argv[1:4], int(sys.argv[4])
    torch.set_num_threads(threads)
    model = reference.autoencoder()
    if not os.path.exists(stored):
        torch.save(model.state_dict(), stored)
    start = time.perf_counter()
    model.load_state_dict(torch.load(stored))
    pixels = reference.read_idx(images)
    found = numpy.empty(len(pixels), [("row", "i8"), ("score", "f8"), ("flagged", "?")])
    found["row"] = numpy.arange(len(pixels))
    found["score"] = scores(model, pixels).numpy()
    found["flagged"] = found["score"] > 0.03
    numpy.save(output, found)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
