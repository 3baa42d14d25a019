# SPDX-License-Identifier: MIT
"""Seconds of a training step of a flow of coupling layers in PyTorch, as a line of JSON: with
Adam's default loop, and with foreach=True.

    python3 -m peers.coupling COLUMNS LAYERS BINS HIDDEN BATCH STEPS THREADS

The layers are sluice's: columns standardised, then couplings in turn on the even and the odd
columns, each with a network of two hidden ReLU layers whose last starts at zero. Splines are
rational-quadratic (Durkan et al. 2019), in [-3, 3], with the same least widths, heights and
derivatives; 0 bins: affine couplings. Rows lie in memory as one tensor and are indexed by batch."""

import json
import math
import sys
import time

import torch
from torch.nn.functional import pad, softmax, softplus

BOX, LEAST = 3.0, 1e-3
OFFSET = math.log(math.expm1(1 - LEAST))
ROWS = 20_000


def knots(u):
    """Widths and left ends of bins that fill the box."""
    width = 2 * BOX * (LEAST + (1 - LEAST * u.shape[-1]) * softmax(u, -1))
    return width, pad(width.cumsum(-1), (1, 0)) - BOX


def spline(x, u, bins):
    """x: n x m, u: n x m x (3 bins - 1); images and ln dy/dx."""
    widths, lefts = knots(u[..., :bins])
    heights, bottoms = knots(u[..., bins : 2 * bins])
    slopes = pad(LEAST + softplus(u[..., 2 * bins :] + OFFSET), (1, 1), value=1.0)
    inside = (x >= -BOX) & (x <= BOX)
    at = x.clamp(-BOX, BOX)[..., None]
    bin_ = (at >= lefts[..., 1:-1]).sum(-1, keepdim=True)
    w, h, x0, y0, d0, d1 = (
        t.gather(-1, i)[..., 0]
        for t, i in ((widths, bin_), (heights, bin_), (lefts, bin_), (bottoms, bin_),
                     (slopes, bin_), (slopes, bin_ + 1))
    )
    s, xi = h / w, (at[..., 0] - x0) / w
    t = xi * (1 - xi)
    bottom = s + (d0 + d1 - 2 * s) * t
    y = y0 + h * (s * xi * xi + d0 * t) / bottom
    slope = s * s * (d1 * xi * xi + 2 * s * t + d0 * (1 - xi) ** 2) / (bottom * bottom)
    return torch.where(inside, y, x), torch.where(inside, slope.log(), torch.zeros_like(x))


class Coupling(torch.nn.Module):
    def __init__(self, columns, stay_odd, bins, hidden):
        super().__init__()
        self.stay = torch.arange(int(stay_odd), columns, 2)
        self.move = torch.arange(int(not stay_odd), columns, 2)
        self.order = torch.argsort(torch.cat([self.stay, self.move]))
        self.bins, self.each = bins, 3 * bins - 1 if bins else 2
        last = torch.nn.Linear(hidden, self.each * len(self.move))
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.zeros_(last.bias)
        self.network = torch.nn.Sequential(
            torch.nn.Linear(len(self.stay), hidden), torch.nn.ReLU(),
            torch.nn.Linear(hidden, hidden), torch.nn.ReLU(), last)

    def forward(self, x):
        stay, move = x[:, self.stay], x[:, self.move]
        u = self.network(stay).view(len(x), -1, self.each)
        if self.bins:
            y, slope = spline(move, u, self.bins)
        else:
            y, slope = move * u[..., 0].exp() + u[..., 1], u[..., 0]
        return torch.cat([stay, y], 1)[:, self.order], slope.sum(1)


def loss(layers, x):
    log_det = 0.0
    for layer in layers:
        x, slope = layer(x)
        log_det = log_det + slope
    constant = 0.5 * x.shape[1] * math.log(2 * math.pi)
    return (0.5 * (x * x).sum(1) + constant - log_det).mean()


def step_seconds(shape, batch, steps, foreach):
    columns, n, bins, hidden = shape
    x = torch.randn(ROWS, columns)
    x = (x - x.mean(0)) / x.std(0)
    layers = torch.nn.ModuleList(Coupling(columns, i % 2 == 1, bins, hidden)
                                 for i in range(n))
    adam = torch.optim.Adam(layers.parameters(), lr=5e-3, foreach=foreach)
    order = torch.cat([torch.randperm(ROWS) for _ in range(1 + (10 + steps) * batch // ROWS)])
    for step, rows in enumerate(order.split(batch)[: 10 + steps]):
        if step == 10:  # what is before is warm-up
            start = time.perf_counter()
        adam.zero_grad(set_to_none=True)
        loss(layers, x[rows]).backward()
        adam.step()
    return (time.perf_counter() - start) / steps


def main():
    *shape, batch, steps, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    print(json.dumps({"default": step_seconds(shape, batch, steps, False),
                      "foreach": step_seconds(shape, batch, steps, True)}))


if __name__ == "__main__":
    main()
