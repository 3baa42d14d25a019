# SPDX-License-Identifier: MIT
"""Does sluice compute what PyTorch computes? Writes bench/AGREEMENT.md.

1. From weights and a batch order that PyTorch exports, the loss of every batch is
   PyTorch's: in float64 over 500 steps, in float32 over the first 50.
2. Over seeds of their own, both give the same statistics of the whole experiment."""

import argparse
import glob
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch

import reference

EXPERIMENT = "experiments/mnist-anomaly/experiment.yaml"

# Rows 0..49999 in the order of the file, so that a position in `order` means the same row.
SAME_ROWS = [
    "load.splits.train.choose=first",
    "load.splits.train.count=50000",
    "load.splits.validation.choose=first",
    "load.splits.validation.skip=50000",
]

# precision, steps, allowed relative difference
EXACT = [(torch.float64, 500, 1e-7), (torch.float32, 50, 1e-5)]

# Where the means over seeds 1 to 10 must lie: from PyTorch 1.13 over 20 seeds. Last, the
# single run that was published.
RANGES = [
    ("threshold", "calibrate/threshold", 0.0332, 0.0038, 0.0329),
    ("type I error", "detect/type_1_error", 0.0090, 0.0009, 0.0104),
    ("type II error", "detect/type_2_error", 0.0327, 0.0081, 0.0295),
    ("AUROC", "detect/auroc", 0.9973, 0.0007, None),
    ("training loss, last epoch", "train/loss", 0.01185, 0.0013, None),
]


def run_sluice(program, folder, *overrides):
    """Runs the experiment in a folder of its own; the open run file."""
    command = [program, "run", EXPERIMENT, "figures=[]", "--quiet"]
    command += ["--out", folder, "--cache", os.path.join(folder, "cache"), *overrides]
    subprocess.run(command, check=True)
    (path,) = glob.glob(os.path.join(folder, "runs", "*", "run.h5"))
    return h5py.File(path, "r")


def exact(program, folder, dtype, steps):
    """The worst relative difference between the losses of the first steps."""
    torch.manual_seed(1)
    x = reference.images("mnist", "train", dtype)[: reference.TRAIN]
    model = reference.autoencoder().to(dtype)
    order = torch.randperm(len(x))
    start = os.path.join(folder, "start.idx")
    rows = os.path.join(folder, "order.idx")
    reference.write_idx(start, reference.parameters(model))
    reference.write_idx(rows, order.numpy().astype(np.int32).reshape(1, -1))

    precision = str(dtype).removeprefix("torch.")
    with run_sluice(
        program,
        os.path.join(folder, precision),
        *SAME_ROWS,
        f"train.start={start}",
        f"train.order={rows}",
        f"train.precision={precision}",
        "train.epochs=1",
    ) as run:
        ours = run["/series/train/loss"][:steps]
    theirs = np.array(reference.train(model, x, order[: steps * reference.BATCH]))
    if len(ours) != steps:
        sys.exit(f"agreement: sluice recorded {len(ours)} losses, not {steps}")
    return float(np.max(np.abs(ours - theirs) / np.abs(theirs)))


def sluice_experiment(program, folder, seed):
    with run_sluice(program, os.path.join(folder, str(seed)), f"seed={seed}") as run:
        return {name: float(run[f"/metrics/{name}"][()]) for _, name, *_ in RANGES}


def scores(model, x):
    return reference.scores(model, x).double()


def torch_experiment(seed, epochs=10):
    torch.manual_seed(seed)
    x = reference.images("mnist", "train")
    rows = torch.randperm(len(x))
    model = reference.autoencoder()
    split, validation = x[rows[: reference.TRAIN]], x[rows[reference.TRAIN :]]
    order = torch.cat([torch.randperm(len(split)) for _ in range(epochs)])
    losses = reference.train(model, split, order)
    calibration = scores(model, validation)
    threshold = calibration.mean() + 3 * calibration.std()
    normal = scores(model, reference.images("mnist", "t10k"))
    anomalous = scores(model, reference.images("kmnist", "t10k"))
    below = torch.searchsorted(normal.sort().values, anomalous)
    upto = torch.searchsorted(normal.sort().values, anomalous, right=True)
    return {
        "calibrate/threshold": threshold.item(),
        "detect/type_1_error": (normal > threshold).double().mean().item(),
        "detect/type_2_error": (anomalous <= threshold).double().mean().item(),
        "detect/auroc": ((below + upto).double().mean() / 2 / len(normal)).item(),
        "train/loss": float(np.mean(losses[-len(split) // reference.BATCH :])),
    }


def exact_table(program, folder):
    lines, good = [], True
    for dtype, steps, allowed in EXACT:
        worst = exact(program, folder, dtype, steps)
        good &= worst <= allowed
        word = str(dtype).removeprefix("torch.")
        lines.append(f"| {word} | {steps} | {worst:.1e} | {allowed:.0e} |")
        print(f"{word}: worst relative difference {worst:.1e}, allowed {allowed:.0e}")
    return lines, good


def mean_and_spread(experiments, name):
    values = [experiment[name] for experiment in experiments]
    return np.mean(values), np.std(values, ddof=1)


def seeds_table(program, folder, seeds):
    ours, theirs = [], []
    for seed in range(1, seeds + 1):
        ours.append(sluice_experiment(program, folder, seed))
        theirs.append(torch_experiment(seed))
        print(f"seed {seed}: sluice {ours[-1]}\n{' ' * (len(str(seed)) + 7)}"
              f"PyTorch {theirs[-1]}")
    lines, good = [], True
    for label, name, centre, width, published in RANGES:
        mean, spread = mean_and_spread(ours, name)
        their_mean, their_spread = mean_and_spread(theirs, name)
        good &= abs(mean - centre) <= width
        lines.append(
            f"| {label} | {mean:.5f} ± {spread:.5f} | {their_mean:.5f} ± {their_spread:.5f}"
            f" | {centre} ± {width} | {published or ''} |"
        )
    return lines, good


PAGE = """\
# sluice and PyTorch

Written by `sh bench/agreement.sh`: {versions}.

## Step by step

The experiment `mnist-anomaly`, from the initial weights and the batch order of one PyTorch
run. The loss of every batch is compared; the largest relative difference counts.

| precision | steps | largest difference | allowed |
| --- | --- | --- | --- |
{exact}

## Over seeds

The whole experiment, seeds 1 to {seeds}: mean ± standard deviation over the seeds. Each
program draws its own weights, splits and orders. The mean of sluice must lie in the range,
which comes from PyTorch 1.13 over 20 seeds.

| quantity | sluice | PyTorch | range | published single run |
| --- | --- | --- | --- | --- |
{seeds_rows}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", nargs="?", default="build/release/sluice")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--exact-only", action="store_true", help="writes no page")
    options = parser.parse_args()
    torch.set_num_threads(1)

    with tempfile.TemporaryDirectory() as folder:
        exact_rows, exact_good = exact_table(options.program, folder)
        if options.exact_only:
            sys.exit(0 if exact_good else 1)
        seeds_rows, seeds_good = seeds_table(options.program, folder, options.seeds)
    version = subprocess.run(
        [options.program, "--version"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[0]
    page = PAGE.format(
        versions=f"{version}, PyTorch {torch.__version__}",
        exact="\n".join(exact_rows),
        seeds=options.seeds,
        seeds_rows="\n".join(seeds_rows),
    )
    with open("bench/AGREEMENT.md", "w", encoding="utf-8") as file:
        file.write(page)
    print(page)
    if not (exact_good and seeds_good):
        sys.exit("agreement: outside of what is allowed")


if __name__ == "__main__":
    main()
