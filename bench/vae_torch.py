# SPDX-License-Identifier: MIT
"""experiments/vae-mnist in PyTorch at one thread, as a line of JSON.

usage: vae_torch.py [EPOCHS] [none|threshold|stochastic]

The rows lie in memory as one float tensor and are indexed by batch: no DataLoader. The
bound of the test split is taken with one sample a row."""

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


def binarised(x, how):
    if how == "threshold":
        return (x > 0.5).float()
    return torch.bernoulli(x) if how == "stochastic" else x


def train(model, x, epochs, how):
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            adam.zero_grad(set_to_none=True)
            loss = model(binarised(x[rows], how)).mean()
            loss.backward()
            adam.step()
    return loss.item()


def main():
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    how = sys.argv[2] if len(sys.argv) > 2 else "stochastic"
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = reference.images("mnist", "train")
    test = reference.images("mnist", "t10k")
    if how == "threshold":  # once, not in the loop
        x, test, each = binarised(x, how), binarised(test, how), "none"
    else:
        each = how
    model = Autoencoder()
    train(model, x[: 20 * BATCH], 1, each)  # warm-up
    start = time.perf_counter()
    train(model, x, epochs, each)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        bound = model(binarised(test, each)).mean().item()
    print(
        json.dumps(
            {
                "images_per_second": epochs * len(x) / seconds,
                "epochs": epochs,
                "binarise": how,
                "negative_bound_test": bound,
                "version": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
