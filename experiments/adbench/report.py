#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of a paper out of what the experiment left: AUROC and AUPRC with the 95 %
intervals of the mean over repeats, average ranks, and what fitting and scoring took.

    report.py RESULTS > report.md

RESULTS is the folder that `sluice run` wrote (results/adbench). Numbers come from
latest/sweep.h5, seconds from journal.jsonl: of the step that trains, and of those that score
the two splits that are compared. Columns are the files of the group that the sweep goes
through: of detectors, of models. Needs python3-h5py."""

import json
import os
import statistics
import sys

import h5py

METRICS = [("AUROC", "detect.auroc"), ("AUPRC", "detect.auprc")]
SPLITS = ("score test", "score anomalies")


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def name_of(file):
    return os.path.splitext(os.path.basename(text(file)))[0]


class Sweep:
    def __init__(self, folder):
        with h5py.File(os.path.join(folder, "latest", "sweep.h5"), "r") as file:
            self.points, self.runs = file["points"][:], file["runs"][:]
            self.repeats = int(file.attrs["repeats"])
        self.group = next(n for n in self.points.dtype.names if n.startswith("use."))
        self.by_place = {self.place(point): point for point in self.points}
        self.sets = list(dict.fromkeys(place[0] for place in self.by_place))
        self.detectors = list(dict.fromkeys(place[1] for place in self.by_place))

    def place(self, row):
        return name_of(row["load.file"]), text(row[self.group])

    def mean(self, metric, place):
        return float(self.by_place[place][metric + ".mean"])

    def interval(self, metric, place):
        point = self.by_place[place]
        return (float(point[metric + ".high"]) - float(point[metric + ".low"])) / 2


def ranks(values):
    """1 for the highest; equal ones share the mean of their ranks."""
    return [sum(v > value for v in values) + (sum(v == value for v in values) + 1) / 2
            for value in values]


def quality(sweep, title, metric):
    yield f"## {title}, mean of {sweep.repeats} repeats and half its 95 % interval"
    yield ""
    yield "| set | " + " | ".join(sweep.detectors) + " |"
    yield "| --- |" + " --- |" * len(sweep.detectors)
    columns = {d: [] for d in sweep.detectors}
    sums = {d: 0.0 for d in sweep.detectors}
    for s in sweep.sets:
        means = [sweep.mean(metric, (s, d)) for d in sweep.detectors]
        cells = []
        for d, mean, rank in zip(sweep.detectors, means, ranks(means)):
            columns[d].append(mean)
            sums[d] += rank
            cell = f"{mean:.3f} ± {sweep.interval(metric, (s, d)):.3f}"
            cells.append(f"**{cell}**" if mean == max(means) else cell)
        yield f"| {s} | " + " | ".join(cells) + " |"
    means = [statistics.fmean(columns[d]) for d in sweep.detectors]
    yield "| mean | " + " | ".join(f"{m:.4f}" for m in means) + " |"
    yield "| average rank | " + " | ".join(
        f"{sums[d] / len(sweep.sets):.2f}" for d in sweep.detectors) + " |"
    yield ""


def seconds_of(folder):
    """Seconds by the train step's key: of fitting, and of scoring with what it made."""
    fit, score = {}, {}
    with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as journal:
        for line in map(json.loads, journal):
            if line["event"] != "step" or line["state"] != "done":
                continue
            if line["step"] == "train":
                fit[line["key"]] = line["seconds"]
            elif line["step"] in SPLITS and line.get("model"):
                splits = score.setdefault(line["model"], {})
                splits[line["step"]] = line["seconds"]
    return fit, {key: sum(splits.values()) for key, splits in score.items()}


def train_key(folder, run):
    path = os.path.join(folder, text(run["folder"]), "run.h5")
    with h5py.File(path, "r") as file:
        return text(file["stages/train"].attrs["key"])


def times(sweep, folder):
    fit, score = seconds_of(folder)
    taken = {}
    for run in sweep.runs:
        if text(run["state"]) != "done":
            continue
        key = train_key(folder, run)
        place = sweep.place(run)
        if key in fit and key in score:
            taken.setdefault(place, []).append((fit[key], score[key]))
    yield "## Milliseconds: fit, score; the median of the repeats"
    yield ""
    yield "| set | " + " | ".join(sweep.detectors) + " |"
    yield "| --- |" + " --- |" * len(sweep.detectors)
    for s in sweep.sets:
        cells = []
        for d in sweep.detectors:
            pairs = taken.get((s, d))
            cells.append("" if not pairs else ", ".join(
                f"{1e3 * statistics.median(p[i] for p in pairs):.3g}" for i in (0, 1)))
        yield f"| {s} | " + " | ".join(cells) + " |"
    yield ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    sweep = Sweep(folder)
    for title, metric in METRICS:
        print("\n".join(quality(sweep, title, metric)))
    print("\n".join(times(sweep, folder)))


if __name__ == "__main__":
    main()
