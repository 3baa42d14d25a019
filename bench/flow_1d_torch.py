# SPDX-License-Identifier: MIT
"""The 4,000 steps of flow-mixture-1d in PyTorch at one thread, as a line of JSON.

At its fairest: the rows lie in memory as one tensor and are indexed by batch (no DataLoader),
the density is in closed form, and neither sampling nor monitoring is timed. --loader takes the
batches from a DataLoader, as published code does."""

import json
import math
import sys
import time

import torch

COMPONENTS, ROWS, BATCH, EPOCHS, RATE = 5, 5000, 128, 100, 5e-2
MEANS, STD = torch.tensor([-1.0, 0.2, 1.5]), 0.25


def data(rows):
    return MEANS[torch.randint(3, (rows,))] + STD * torch.randn(rows)


def losses(x, logits, means, log_stds):
    u = (x[:, None] - means) * torch.exp(-log_stds)
    z = (torch.exp(logits) * 0.5 * torch.erf(u * math.sqrt(0.5))).sum(1)
    terms = logits - log_stds - 0.5 * u * u
    log_slope = torch.logsumexp(terms, 1) - 0.5 * math.log(2 * math.pi)
    return 0.5 * z * z + 0.5 * math.log(2 * math.pi) - log_slope


def batches(x, loader):
    if loader:
        yield from loader
        return
    order = torch.randperm(len(x))
    for first in range(0, len(x), BATCH):
        yield x[order[first : first + BATCH]]


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = data(ROWS)
    loader = None
    if "--loader" in sys.argv:
        loader = torch.utils.data.DataLoader(x, batch_size=BATCH, shuffle=True)
    theta = [torch.ones(COMPONENTS), torch.randn(COMPONENTS), torch.zeros(COMPONENTS)]
    theta = [t.requires_grad_() for t in theta]
    optimizer = torch.optim.Adam(theta, lr=RATE)
    steps, start = 0, time.perf_counter()
    for _ in range(EPOCHS):
        for batch in batches(x, loader):
            optimizer.zero_grad()
            losses(batch, *theta).mean().backward()
            optimizer.step()
            steps += 1
    seconds = time.perf_counter() - start
    with torch.no_grad():
        loss = losses(data(100_000), *theta).mean().item()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "steps": steps,
                "loss": loss,
                "version": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
