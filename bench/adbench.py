# SPDX-License-Identifier: MIT
"""Detectors beside scikit-learn's on the twelve tables of ADBench, on the same splits: how
well they rank, and how long they take. Writes bench/ADBENCH.md.

One-class protocol: half of the normal rows, drawn at random, to learn from; the other half
and every anomaly to test on; columns standardised by what was learned from. Each round
times both, in turn, in processes that are warm, by seconds of the processor on one thread
each; what counts is the lowest of the rounds. Sluice's seconds of scoring hold opening the
model, which is where it builds what it searches in; its fitting of neighbours copies the
rows once, where scikit-learn's, wherever it takes no tree, keeps a pointer to them."""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy
import sklearn
from sklearn.covariance import EmpiricalCovariance, MinCovDet
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

SETS = [
    "4_breastw", "6_cardio", "14_glass", "18_Ionosphere", "20_letter", "26_optdigits",
    "28_pendigits", "30_satellite", "32_shuttle", "38_thyroid", "40_vowels", "45_wine",
]
SEEDS = 5


def pca_error(model, rows):
    return ((rows - model.inverse_transform(model.transform(rows))) ** 2).mean(axis=1)


# Name, module and configuration; scikit-learn's fit(rows, seed) and scores (model, rows).
DETECTORS = [
    ("k nearest neighbours", "nearest-neighbours", "{k: 5}",
     lambda x, seed: NearestNeighbors(n_neighbors=5).fit(x),
     lambda model, x: model.kneighbors(x)[0][:, -1]),
    ("local outlier factor", "local-outlier-factor", "{k: 20}",
     lambda x, seed: LocalOutlierFactor(n_neighbors=20, novelty=True).fit(x),
     lambda model, x: -model.score_samples(x)),
    ("Gaussian mixture", "gaussian-mixture", "{components: 5}",
     lambda x, seed: GaussianMixture(5, random_state=seed).fit(x),
     lambda model, x: -model.score_samples(x)),
    ("Mahalanobis", "mahalanobis", "{}",
     lambda x, seed: EmpiricalCovariance().fit(x),
     lambda model, x: model.mahalanobis(x)),
    ("robust Mahalanobis (MCD)", "mahalanobis", "{estimator: mcd}",
     lambda x, seed: MinCovDet(random_state=seed).fit(x),
     lambda model, x: model.mahalanobis(x)),
    ("PCA reconstruction", "pca", "{components: 0.9}",
     lambda x, seed: PCA(0.9, svd_solver="full").fit(x),
     pca_error),
    ("isolation forest", "isolation-forest", "{}",
     lambda x, seed: IsolationForest(random_state=seed).fit(x),
     lambda model, x: -model.score_samples(x)),
    ("ECOD", "ecod", "{}", None, None),
]


def load(folder, name):
    with np_load(os.path.join(folder, name + ".npz")) as file:
        return file["X"].astype(float), file["y"]


def np_load(path):
    if not os.path.exists(path):
        sys.exit(f"adbench: no {path}; --data names the folder of ADBench's .npz files")
    return numpy.load(path)


def split(x, y, seed):
    """Training rows, test rows and which of those are anomalies."""
    normal = numpy.random.RandomState(seed).permutation(numpy.flatnonzero(y == 0))
    half = len(normal) // 2
    train, rest = x[normal[:half]], x[normal[half:]]
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1
    test = numpy.concatenate([rest, x[y == 1]])
    truth = numpy.repeat([0, 1], [len(rest), len(test) - len(rest)])
    return (train - mean) / deviation, (test - mean) / deviation, truth


class Sluice:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, "1"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.files = [os.path.join(folder, name) for name in ("train", "test", "scores")]

    def rows(self, train, test):
        train.tofile(self.files[0])
        test.tofile(self.files[1])
        self.shape = (len(train), len(test), train.shape[1])

    def measure(self, module, config, seed):
        n, m, d = self.shape
        train, test, scores = self.files
        words = (module, config, seed, d, train, n, test, m, scores)
        print(*words, sep="\t", file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"adbench: {module} failed")
        fit, opened, scored = map(float, answer.split())
        return fit, opened + scored, numpy.fromfile(scores)


def measure_sklearn(detector, train, test, seed):
    start = time.process_time()
    model = detector[3](train, seed)
    fitted = time.process_time()
    scores = detector[4](model, test)
    return fitted - start, time.process_time() - fitted, scores


class Cell:
    """One detector on one set."""

    def __init__(self):
        self.auroc = {"sluice": [], "sklearn": []}
        self.fit = {"sluice": [], "sklearn": []}
        self.score = {"sluice": [], "sklearn": []}

    def add(self, who, truth, rounds):
        self.auroc[who].append(roc_auc_score(truth, rounds[-1][2]))
        self.fit[who].append(min(r[0] for r in rounds))
        self.score[who].append(min(r[1] for r in rounds))

    def ratios(self):
        """How many times as fast: fit, score and both."""
        def total(times):
            return sum(times)
        a, b = (total(self.fit[who]) for who in ("sklearn", "sluice"))
        c, d = (total(self.score[who]) for who in ("sklearn", "sluice"))
        return a / b, c / d, (a + c) / (b + d)


def measure(args, sluice, detector, train, test, truth, seed, cell):
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(sluice.measure(detector[1], detector[2], seed))
        if detector[3]:
            theirs.append(measure_sklearn(detector, train, test, seed))
    cell.add("sluice", truth, ours)
    if theirs:
        cell.add("sklearn", truth, theirs)


def run(args, detectors):
    cells = {(d[0], name): Cell() for d in detectors for name in args.sets}
    with tempfile.TemporaryDirectory() as folder:
        sluice = Sluice(args.program, folder)
        for name in args.sets:
            x, y = load(args.data, name)
            for seed in range(args.seeds):
                train, test, truth = split(x, y, seed)
                sluice.rows(train, test)
                for d in detectors:
                    measure(args, sluice, d, train, test, truth, seed, cells[d[0], name])
            print(f"adbench: {name}", file=sys.stderr, flush=True)
    return cells


def mean(values):
    return statistics.fmean(values) if values else float("nan")


def page(args, detectors, cells):
    names = args.sets
    yield "# Detectors on the twelve tables"
    yield ""
    yield "Written by `sh bench/adbench.sh`: " + " ".join(__doc__.split("\n\n", 1)[1].split())
    yield (f"scikit-learn {sklearn.__version__}, {platform.machine()}, {args.seeds} seeds, "
           f"{args.rounds} rounds.")
    yield ""
    yield "## AUROC, the mean over sets and seeds"
    yield ""
    yield "| detector | configuration | sluice | scikit-learn | furthest apart on a set |"
    yield "| --- | --- | --- | --- | --- |"
    for d in detectors:
        ours = {n: mean(cells[d[0], n].auroc["sluice"]) for n in names}
        theirs = {n: mean(cells[d[0], n].auroc["sklearn"]) for n in names}
        line = f"| {d[0]} | `{d[1]}: {d[2]}` | {mean(ours.values()):.4f} |"
        if not d[3]:
            yield line + " | |"
            continue
        far = max(names, key=lambda n: abs(ours[n] - theirs[n]))
        yield line + (f" {mean(theirs.values()):.4f} |"
                      f" {ours[far] - theirs[far]:+.4f} {far} |")
    yield ""
    yield "## AUROC on each set, sluice (scikit-learn)"
    yield ""
    yield "| set | " + " | ".join(d[0] for d in detectors) + " |"
    yield "| --- |" + " --- |" * len(detectors)
    for n in names:
        row = [f"{mean(cells[d[0], n].auroc['sluice']):.4f}"
               + (f" ({mean(cells[d[0], n].auroc['sklearn']):.4f})" if d[3] else "")
               for d in detectors]
        yield f"| {n} | " + " | ".join(row) + " |"
    yield ""
    yield "## How many times as fast as scikit-learn: fit, score, both"
    yield ""
    timed = [d for d in detectors if d[3]]
    yield "| set | " + " | ".join(d[0] for d in timed) + " |"
    yield "| --- |" + " --- |" * len(timed)
    for n in names:
        row = [", ".join(f"{r:.2g}" if r < 10 else f"{r:.0f}"
                         for r in cells[d[0], n].ratios()) for d in timed]
        yield f"| {n} | " + " | ".join(row) + " |"
    yield ""
    yield "## Milliseconds of sluice: fit, score; the mean over seeds"
    yield ""
    yield "| set | " + " | ".join(d[0] for d in detectors) + " |"
    yield "| --- |" + " --- |" * len(detectors)
    for n in names:
        row = [f"{1e3 * mean(cells[d[0], n].fit['sluice']):.3g}, "
               f"{1e3 * mean(cells[d[0], n].score['sluice']):.3g}" for d in detectors]
        yield f"| {n} | " + " | ".join(row) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--program", default="build/release/bench/detectors")
    parser.add_argument("--data", default=os.path.join(
        os.environ.get("SLUICE_DATA_DIR", "."), "adbench"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--modules", nargs="*")
    parser.add_argument("--out", default="bench/ADBENCH.md")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    detectors = [d for d in DETECTORS if not args.modules or d[1] in args.modules]
    text = "\n".join(page(args, detectors, run(args, detectors))) + "\n"
    if args.out == "-":
        print(text, end="")
        return
    with open(args.out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
