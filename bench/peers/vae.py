# SPDX-License-Identifier: MIT
"""Images/s of the training loop of experiments/vae-mnist in PyTorch, pixels made 0 or 1 at
random in each batch, as a line of JSON: with Adam's default loop, and with foreach=True.

    python3 -m peers.vae ROWS EPOCHS THREADS

The rows lie in memory as one float tensor and are indexed by batch: no DataLoader."""

import json
import sys
import time

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import reference

HIDDEN, LATENT, BATCH = 400, 20, 100


class Autoencoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Sequential(
            torch.nn.Linear(784, HIDDEN),
            torch.nn.ReLU(),
            torch.nn.Linear(HIDDEN, 2 * LATENT),
        )
        self.decoder = torch.nn.Sequential(
            torch.nn.Linear(LATENT, HIDDEN),
            torch.nn.ReLU(),
            torch.nn.Linear(HIDDEN, 784),
        )

    def forward(self, x):
        """The negative bound of each row: closed-form divergence, one sample."""
        mean, log_std = self.encoder(x).chunk(2, dim=1)
        std = log_std.exp()
        logits = self.decoder(mean + std * torch.randn_like(std))
        missed = binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return missed + (0.5 * (mean**2 + std**2 - 1) - log_std).sum(1)


def images_per_second(x, epochs, foreach):
    model = Autoencoder()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, foreach=foreach)
    start = 0.0
    for epoch in range(-1, epochs):
        rows = torch.randperm(len(x))
        if epoch < 0:  # warm-up
            rows = rows[: 20 * BATCH]
        for batch in rows.split(BATCH):
            adam.zero_grad(set_to_none=True)
            model(torch.bernoulli(x[batch])).mean().backward()
            adam.step()
        start = start or time.perf_counter()
    return epochs * len(x) / (time.perf_counter() - start)


def main():
    rows, epochs, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    x = reference.images("mnist", "train")[:rows].clone()
    print(json.dumps({"default": images_per_second(x, epochs, False),
                      "foreach": images_per_second(x, epochs, True)}))


if __name__ == "__main__":
    main()
