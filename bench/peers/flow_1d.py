# SPDX-License-Identifier: MIT
"""Runs of flow-mixture-1d or sweep-flow in PyTorch, one after the other, as a line of JSON:
the seconds of their training loops, with Adam's default loop and with foreach=True.

    python3 -m peers.flow_1d RUNS EPOCHS THREADS [default|foreach]...

At its fairest: the rows lie in memory as one tensor and are indexed by batch (no DataLoader),
the density is in closed form, and neither sampling nor monitoring is timed."""

import json
import math
import sys
import time

import torch

ROWS, BATCH, RATE = 5000, 128, 5e-2
COMPONENTS = [5, 1, 2, 3, 4, 6, 8, 10, 12, 16]  # the first run's, then in turn
MEANS, STD = torch.tensor([-1.0, 0.2, 1.5]), 0.25


def data(rows):
    return MEANS[torch.randint(3, (rows,))] + STD * torch.randn(rows)


def losses(x, logits, means, log_stds):
    u = (x[:, None] - means) * torch.exp(-log_stds)
    z = (torch.exp(logits) * 0.5 * torch.erf(u * math.sqrt(0.5))).sum(1)
    terms = logits - log_stds - 0.5 * u * u
    log_slope = torch.logsumexp(terms, 1) - 0.5 * math.log(2 * math.pi)
    return 0.5 * z * z + 0.5 * math.log(2 * math.pi) - log_slope


def train(x, components, epochs, foreach):
    theta = [torch.ones(components), torch.randn(components), torch.zeros(components)]
    theta = [t.requires_grad_() for t in theta]
    optimizer = torch.optim.Adam(theta, lr=RATE, foreach=foreach)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            losses(x[rows], *theta).mean().backward()
            optimizer.step()


def seconds(runs, epochs, foreach):
    x = data(ROWS)
    train(x, COMPONENTS[0], 1, foreach)  # warm-up
    start = time.perf_counter()
    for run in range(runs):
        train(x, COMPONENTS[run % len(COMPONENTS)], epochs, foreach)
    return time.perf_counter() - start


def main():
    runs, epochs, threads = map(int, sys.argv[1:4])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    loops = sys.argv[4:] or ["default", "foreach"]
    print(json.dumps({loop: seconds(runs, epochs, loop == "foreach") for loop in loops}))


if __name__ == "__main__":
    main()
