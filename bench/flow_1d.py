# SPDX-License-Identifier: MIT
"""How well flow-mixture-1d learns its density, over seeds. Writes bench/FLOW-1D.md.

Each seed draws its own training data, starts from its own parameters, and is judged on
100,000 points that it has not seen. Distribution functions are computed here, from the
parameters and the samples in the record."""

import argparse
import glob
import math
import os
import statistics
import subprocess
import tempfile

import h5py
import numpy

from measure import CORES, cpu

EXPERIMENT = "experiments/flow-mixture-1d/experiment.yaml"
FRESH = 100_000
MEANS, STD = [-1.0, 0.2, 1.5], 0.25
SOFTMAX = "train.layers=[{mixture-cdf: {components: 5, weights: softmax}}]"
FORMS = {
    "exp, constant rate": [],
    "softmax, constant rate": [SOFTMAX],
    "softmax, cosine": [SOFTMAX, "train.schedule=cosine"],
}
ERF = numpy.vectorize(math.erf)


def normal_cdf(z):
    return 0.5 + 0.5 * ERF(numpy.asarray(z) / math.sqrt(2))


def true_cdf(x):
    return sum(normal_cdf((x - mean) / STD) for mean in MEANS) / len(MEANS)


def kolmogorov(cdf_of_samples):
    """Largest distance between the samples' distribution and the one they went through."""
    u = numpy.sort(cdf_of_samples)
    above = numpy.arange(1, len(u) + 1) / len(u) - u
    return max(above.max(), (1 / len(u) - above).max())


class Flow:
    """The map and its density out of a model file, in float64."""

    def __init__(self, file, softmax):
        with h5py.File(file) as model:
            get = lambda name: model["parameters"][f"layers.0.{name}"][()].astype(float)
            self.weights = numpy.exp(get("logits"))
            self.means, self.stds = get("means"), numpy.exp(get("log_stds"))
        self.softmax = softmax
        if softmax:
            self.weights /= self.weights.sum()

    def mixture(self, x):
        u = (numpy.asarray(x)[:, None] - self.means) / self.stds
        return u, (self.weights / self.stds * numpy.exp(-u * u / 2)).sum(1) / math.sqrt(
            2 * math.pi
        )

    def cdf(self, x):
        u, _ = self.mixture(x)
        if self.softmax:
            return (self.weights * normal_cdf(u)).sum(1)
        low, high = normal_cdf(self.ends())
        return (normal_cdf((self.weights * (normal_cdf(u) - 0.5)).sum(1)) - low) / (
            high - low
        )

    def ends(self):
        half = self.weights.sum() / 2
        return numpy.array([-half, half])

    def mass(self):
        if self.softmax:
            return 1.0
        low, high = normal_cdf(self.ends())
        return high - low

    def density(self, x):
        u, slope = self.mixture(x)
        if self.softmax:
            return slope
        z = (self.weights * (normal_cdf(u) - 0.5)).sum(1)
        return slope * numpy.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    def integral(self):
        """Gauss and Legendre's between all points j standard deviations from a mean."""
        steps = numpy.arange(-10, 11)
        ends = numpy.unique(self.means[:, None] + self.stds[:, None] * steps)
        nodes, weights = numpy.polynomial.legendre.leggauss(24)
        half = numpy.diff(ends)[:, None] / 2
        x = ends[:-1, None] + half * (1 + nodes)
        return (self.density(x.ravel()).reshape(x.shape) * weights * half).sum()


def run(program, folder, seed, *overrides):
    command = [program, "run", EXPERIMENT, "--out", folder]
    command += ["--cache", os.path.join(folder, "cache"), "--quiet"]
    command += [f"seed={seed}", "figures=[]", *overrides]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure_seed(program, seed, overrides):
    with tempfile.TemporaryDirectory() as folder:
        fresh = [f"load.splits.fresh={FRESH}", "train.monitor=[fresh]"]
        run(program, folder, seed, *fresh, *overrides)
        flow = Flow(*glob.glob(f"{folder}/models/*.h5"), SOFTMAX in overrides)
        with h5py.File(*glob.glob(f"{folder}/runs/*/run.h5")) as record:
            samples = record["tensors/sample/samples"][()].ravel()
            return {
                "excess": record["metrics/train/loss_fresh"][()]
                - record["metrics/load/entropy"][()],
                "integral": abs(flow.integral() - flow.mass()),
                "model": kolmogorov(flow.cdf(samples)),
                "truth": kolmogorov(true_cdf(samples)),
            }


def measure_forms(program, seeds):
    return {
        name: [measure_seed(program, seed, overrides) for seed in range(1, seeds + 1)]
        for name, overrides in FORMS.items()
    }


def form_lines(name, rows):
    yield f"### {name}"
    yield ""
    yield "| seed | NLL - entropy | integral's error | KS, model | KS, truth |"
    yield "| ---: | ---: | ---: | ---: | ---: |"
    for seed, r in enumerate(rows, 1):
        yield f"| {seed} | {r['excess']:.4f} | {r['integral']:.1e} | {r['model']:.4f} | {r['truth']:.4f} |"
    median = {k: statistics.median(r[k] for r in rows) for k in rows[0]}
    yield f"| median | {median['excess']:.4f} | {median['integral']:.1e} | {median['model']:.4f} | {median['truth']:.4f} |"
    yield ""


def verdict_lines(forms):
    goals = []
    for name, rows in forms.items():
        excess = [r["excess"] for r in rows]
        median = statistics.median(excess)
        goals += [
            (f"{name}: median NLL - entropy in [-0.01, 0.03]", -0.01 <= median <= 0.03),
            (f"{name}: at most one seed above 0.1", sum(e > 0.1 for e in excess) <= 1),
            (f"{name}: integral within 1e-6", all(r["integral"] < 1e-6 for r in rows)),
            (f"{name}: KS against the model under 0.023", all(r["model"] < 0.023 for r in rows)),
        ]
    rows = forms["softmax, cosine"]
    close = sum(r["truth"] < 0.03 for r in rows)
    goals.append((f"softmax, cosine: KS against the truth under 0.03 in {close} of {len(rows)}",
                  close >= 0.9 * len(rows)))
    for what, reached in goals:
        yield f"- {'reached' if reached else '**missed**'}: {what}"
    yield ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="build/release/sluice")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--output", default="bench/FLOW-1D.md")
    args = parser.parse_args()
    forms = measure_forms(args.program, args.seeds)
    lines = ["# The one-dimensional flow", ""]
    lines += [f"By `bench/flow_1d.sh` on {cpu()}, {CORES} cores: flow-mixture-1d, {args.seeds} seeds,"]
    lines += [f"{FRESH:,} fresh points each; 5,000 samples by bisection.", ""]
    lines += verdict_lines(forms)
    for name, rows in forms.items():
        lines += form_lines(name, rows)
    with open(args.output, "w", encoding="utf-8") as out:
        out.write("\n".join(lines).rstrip() + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
