# SPDX-License-Identifier: MIT
"""How time and room grow with rows, width, threads, runs and results. Writes the figures and
the tables of bench/growth/."""

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Callable

import measure
from cases.sweeps import trivial

FOLDER = "bench/growth"
TREND = 2  # of the sizes, the last this many intervals give the exponent

ROWS = """\
name: rows
load: {module: linear-gaussian, dimensions: 16, scales: [3, 2, 1.5], splits: {train: %d}}
train: {module: autoencoder, encoder: [32, 4], output: tanh, epochs: 1, batch_size: 100}
calibrate: {module: sigma, split: train}
figures: []
"""
WIDTH_STEPS, WIDTH = 10, """\
name: width
load: {module: linear-gaussian, dimensions: 64, scales: [3, 2, 1.5], splits: {train: 1000}}
train: {module: autoencoder, encoder: [%d, %d, 8], output: tanh, batch_size: 100}
figures: []
"""
THREADS = """\
name: threads
load: {module: linear-gaussian, dimensions: 784, scales: [3, 2, 1.5], splits: {train: 10000}}
train: {module: autoencoder, encoder: [256, 128, 32], output: tanh, epochs: 2}
figures: []
"""
SWEEP = ["--repeats", str(2 * measure.CORES)]


@dataclass(frozen=True)
class Growth:
    name: str
    of: str  # what the sizes are
    sizes: list
    measured: Callable  # (place, size) -> {curve: seconds}
    times: int  # each size is measured so often; the median counts
    expected: dict  # exponent that the work of each curve has
    room: tuple = ()  # curves that are MB, in a figure of their own; the others are seconds
    curves: dict = field(default_factory=dict)  # {curve: [(size, seconds or MB)]}

    def figures(self):
        """Name, what its curves are, and their names."""
        slow = [curve for curve in self.curves if curve not in self.room]
        yield self.name, "seconds", slow
        if self.room:
            yield f"{self.name}-room", "MB", list(self.room)


def rows(place, n):
    run = place.run(place.experiment("rows", ROWS % n))
    return {"load": run.seconds("load"), "train an epoch": run.seconds("train"),
            "score": run.seconds("score")}


def width(place, n):
    """By what more epochs take: a training also starts, records and leaves a checkpoint."""
    file = place.experiment("width", WIDTH % (n, n))
    few, many = 1, 5
    seconds = [place.run(file, f"train.epochs={epochs}").seconds("train")
               for epochs in (few, many)]
    return {"training step": (seconds[1] - seconds[0]) / ((many - few) * WIDTH_STEPS)}


def threads(place, n):
    file = place.experiment("threads", THREADS)
    return {"one training": place.run(file, threads=n).seconds("train"),
            "a sweep of trainings": place.run(file, *SWEEP, threads=n).timing.seconds}


def runs(place, n):
    """And what it takes to find that many results, and to show them."""
    sweep = trivial(place)
    out = os.path.join(place.folder, "runs")
    shutil.rmtree(out, ignore_errors=True)
    planned = sweep.plan(n)
    first = sweep.run(n, measure.CORES, out).timing
    again = sweep.run(n, measure.CORES, out).timing
    shown = place.sluice("show", out)
    return {"plan": planned.seconds, "run": first.seconds, "run again": again.seconds,
            "show": shown.seconds, "memory of plan": planned.peak_mb,
            "memory of run": first.peak_mb, "disk": disk_mb(out)}


def disk_mb(folder):
    """What du counts."""
    total = 0
    for path, _, files in os.walk(folder):
        total += sum(os.lstat(os.path.join(path, file)).st_blocks for file in files)
        total += os.lstat(path).st_blocks
    return total * 512 / 1e6


def powers(low, high, base=10):
    return [base**i for i in range(low, high + 1)]


def growths(most):
    """most: exponent of ten of the largest sweep."""
    room = ("memory of plan", "memory of run", "disk")
    linear = dict.fromkeys(("load", "train an epoch", "score", "plan", "run", "run again",
                            "show", *room), 1.0)
    shared = {"one training": -1.0, "a sweep of trainings": -1.0}
    return [
        Growth("rows", "rows", powers(3, 6), rows, 3, linear),
        Growth("width", "units of a layer", powers(6, 12, 2), width, 3,
               {"training step": 2.0}),
        Growth("threads", "threads", measure.thread_settings(), threads, 3, shared),
        Growth("runs", "runs, and results in a folder", powers(2, most), runs, 1, linear,
               room),
    ]


def exponent(points):
    """Slope of the last points in logarithms; at the first ones what is constant shows."""
    logs = [(math.log(x), math.log(y)) for x, y in points[-TREND - 1 :] if y > 0]
    if len(logs) < 2:
        return float("nan")
    mean_x = statistics.fmean(x for x, _ in logs)
    mean_y = statistics.fmean(y for _, y in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum(
        (x - mean_x) ** 2 for x, _ in logs)


def grow(growth, place):
    for size in growth.sizes:
        taken = [growth.measured(place, size) for _ in range(growth.times)]
        for curve in taken[0]:
            seconds = statistics.median(t[curve] for t in taken)
            growth.curves.setdefault(curve, []).append((size, seconds))
        print(f"{growth.name} {size}: {taken[-1]}", file=sys.stderr, flush=True)
    place.forget()


SCRIPT = """\
set terminal svg size 640,420 font 'sans,13' background 'white' noenhanced
set output '{output}'
set logscale xy
set xrange [{low}:{high}]
set rmargin 6
set format y '%g'
set xtics ({tics})
set xlabel '{of}'
set ylabel '{unit}'
set key left top Left reverse
set grid
plot {curves}
"""


def block(points):
    return "\n".join(f"{x} {y:.9g}" for x, y in points) + "\ne\n"


def draw(growth):
    """By gnuplot, which gets the points after the script."""
    for name, unit, curves in growth.figures():
        plots = ", ".join(
            f"'-' with linespoints pointtype 7 linewidth 2 title '{curve}: exponent "
            f"{exponent(growth.curves[curve]):.2f}'" for curve in curves)
        script = SCRIPT.format(
            output=f"{FOLDER}/{name}.svg", of=growth.of, unit=unit, curves=plots,
            low=growth.sizes[0] / 1.3, high=growth.sizes[-1] * 1.3,
            tics=", ".join(f"'{size:,}' {size}" for size in growth.sizes))
        script += "".join(block(growth.curves[curve]) for curve in curves)
        subprocess.run(["gnuplot", "-d"], input=script, text=True, check=True)


PAGE = """\
# How it grows

Written by `sh bench/growth.sh` on {when}: {program}; {cpu}, {cores} cores, a load of
{load_before:.1f} before and {load_after:.1f} after. The exponent is the slope of the last three
sizes in logarithms, where what is constant shows least, beside that of the work.

{tables}
"""


def table(growth):
    yield f"## {growth.of[0].upper()}{growth.of[1:]}"
    yield ""
    for name, unit, _ in growth.figures():
        yield f"![{unit} against {growth.of}]({name}.svg)"
        yield ""
    sizes = " | ".join(f"{size:,}" for size in growth.sizes)
    yield f"| | {sizes} | exponent | work |"
    yield "| --- |" + " ---: |" * (len(growth.sizes) + 2)
    for name, points in growth.curves.items():
        cells = " | ".join(f"{y:.3g}" for _, y in points)
        unit = "MB" if name in growth.room else "s"
        yield f"| {name}, {unit} | {cells} | {exponent(points):.2f} | {growth.expected[name]:g} |"
    yield ""


def main():
    parser = argparse.ArgumentParser(prog="bench/growth.sh", description=__doc__)
    parser.add_argument("growths", nargs="*", metavar="GROWTH",
                        help="rows, width, threads, runs; all by default")
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--most-runs", type=int, default=5, metavar="N",
                        help="10^N runs are the most; 5 want 3 GB of disk")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    chosen = [g for g in growths(options.most_runs)
              if g.name in (options.growths or ["rows", "width", "threads", "runs"])]
    os.makedirs(FOLDER, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = measure.Place(options.build, folder)
        for growth in chosen:
            grow(growth, place)
            draw(growth)
    page = PAGE.format(
        when=time.strftime("%Y-%m-%d", time.gmtime()), cpu=measure.cpu(),
        program=measure.version_of(place.program), cores=measure.CORES,
        load_before=load_before, load_after=os.getloadavg()[0],
        tables="\n".join(line for growth in chosen for line in table(growth)).rstrip())
    if len(chosen) == 4:
        with open(f"{FOLDER}/README.md", "w", encoding="utf-8") as file:
            file.write(page)
    print(page)


if __name__ == "__main__":
    main()
