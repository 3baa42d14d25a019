# SPDX-License-Identifier: MIT
"""What a sweep costs beside its work. Writes bench/SWEEP.md.

The runs differ in the threshold of the calibrate module alone: they share one data set, one
training of a tenth of a second and its scores, and each has a mean and a standard deviation
of 200 numbers to work out. Everything else that is measured is planning, building HDF5 files
and putting them on disk. Beside it stands a plain loop in C that knows the content of every
file already, builds it and publishes it with the same two syncs for a group."""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TRIVIAL = """\
use: [tests/golden/experiment.yaml]
name: trivial
train: {epochs: 1, encoder: [4], monitor: []}
figures: []
"""
PLANNED = (100, 1_000, 10_000, 100_000)


def timed(command, **options):
    """Seconds, seconds of the processor, and peak MB of a command that succeeds."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"sweep_cost: {' '.join(command)}: status {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Place:
    """A temporary folder with the data and the experiment in it."""

    def __init__(self, build, folder):
        self.build, self.folder, self.count = build, folder, 0
        self.file = os.path.join(folder, "trivial.yaml")
        waves = os.path.join(folder, "data", "waves")
        os.makedirs(waves)
        os.environ["SLUICE_DATA_DIR"] = os.path.dirname(waves)
        subprocess.run([os.path.join(build, "tests/make_idx"), waves], check=True)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(TRIVIAL)

    def new(self, name):
        self.count += 1
        return os.path.join(self.folder, f"{name}-{self.count}")

    def clear(self):
        """Removes what new() named."""
        for name in os.listdir(self.folder):
            if "-" in name:
                shutil.rmtree(os.path.join(self.folder, name))

    def sluice(self, verb, runs, out, *words):
        """An empty cache each time."""
        return timed(
            [os.path.join(self.build, "sluice"), verb, self.file, "~detect"]
            + ["--sweep", f"calibrate.k={{linspace: [0, 50, {runs}]}}"]
            + ["--out", out, "--cache", out + ".cache", *words]
        )

    def loop(self, results, group):
        """Seconds of the plain loop, and those of the processor."""
        words = [os.path.join(self.build, "bench/publish_runs"), results]
        done = subprocess.run(
            words + [self.new("loop"), str(group)], check=True, capture_output=True
        )
        return tuple(float(word) for word in done.stdout.split()[1:3])


def disk_bytes(folder):
    """What du counts."""
    total = 0
    for path, _, files in os.walk(folder):
        for name in [path] + [os.path.join(path, file) for file in files]:
            total += os.lstat(name).st_blocks * 512
    return total


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":", 1)[1].strip() for line in info if "model name" in line]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def wall(results):
    return [result[0] for result in results]


def processor(results):
    return [result[1] for result in results]


PAGE = """\
# What a sweep costs

Written by `sh bench/sweep_cost.sh` on {cpu}: {version}. Rounds in turn: {rounds}; medians, in
brackets the fastest and the slowest. The machine was not idle: a load of {load}
at the beginning of the rounds, of which ours is at most 2.

{runs:,} runs that differ in `calibrate.k` alone: each has the mean and the standard deviation
of 200 stored scores to work out, which takes microseconds, and a run.h5 of {file_kb:.0f} KB to
leave. The plain loop has the content of these files in memory, builds them and publishes
them {group} at a time with the same two syncs for a group; its files are equal byte for byte.

| | seconds | of the processor |
| --- | --- | --- |
| `sluice run`, 1 thread | {one} | {one_cpu} |
| `sluice run`, 2 threads | {two} | {two_cpu} |
| plain loop | {loop} | {loop_cpu} |
| ratio, 1 thread | {ratio:.2f} | {ratio_cpu:.2f} |
| a second `sluice run`, which finds everything done | {again} | {again_cpu} |

| of each run | |
| --- | --- |
| time | {ms:.2f} ms |
| disk | {disk:.1f} KB |
| memory | {memory:.1f} KB |

Planning (`sluice plan`: reading, expanding, binding, checking and hashing every run, and
looking for its record):

| points | seconds | ms a point | peak MB |
| --- | --- | --- | --- |
{planning}
"""


def measure_planning(place, rounds):
    lines = []
    for points in PLANNED:
        results = [
            place.sluice("plan", points, place.new("plan")) for _ in range(rounds)
        ]
        seconds = statistics.median(result[0] for result in results)
        peak = max(result[2] for result in results)
        lines.append(
            f"| {points:,} | {seconds:.2f} | {1000 * seconds / points:.3f} | {peak:.0f} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--group", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", default="bench/SWEEP.md")
    options = parser.parse_args()

    one, two, loop, again, peaks, loads = [], [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        place = Place(os.path.abspath(options.build), folder)
        _, _, least = place.sluice("run", 100, place.new("small"), "--quiet")
        for turn in range(options.rounds):
            loads.append(os.getloadavg()[0])
            out = place.new("run")
            one.append(
                place.sluice("run", options.runs, out, "--quiet", "--threads", "1")
            )
            again.append(place.sluice("run", options.runs, out, "--quiet"))
            loop.append(place.loop(out, options.group))
            other = place.new("run")
            two.append(
                place.sluice("run", options.runs, other, "--quiet", "--threads", "2")
            )
            peaks.append(two[-1][2])
            disk = disk_bytes(out) / options.runs / 1024
            runs = os.path.join(out, "runs")
            some = os.path.join(runs, os.listdir(runs)[0], "run.h5")
            file_kb = os.path.getsize(some) / 1024
            print(
                f"round {turn + 1}: {one[-1][0]:.2f} s, {two[-1][0]:.2f} s, "
                f"loop {loop[-1][0]:.2f} s; load {loads[-1]:.1f}",
                flush=True,
            )
            place.clear()
        planning = measure_planning(place, options.rounds)

    version = subprocess.run(
        [os.path.join(options.build, "sluice"), "--version"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()[0]
    page = PAGE.format(
        cpu=cpu(),
        version=version,
        rounds=options.rounds,
        runs=options.runs,
        group=options.group,
        file_kb=file_kb,
        load=f"{min(loads):.1f} to {max(loads):.1f}",
        one=spread(wall(one)),
        two=spread(wall(two)),
        loop=spread(wall(loop)),
        again=spread(wall(again)),
        one_cpu=spread(processor(one)),
        two_cpu=spread(processor(two)),
        loop_cpu=spread(processor(loop)),
        again_cpu=spread(processor(again)),
        ratio=statistics.median(wall(one)) / statistics.median(wall(loop)),
        ratio_cpu=statistics.median(processor(one))
        / statistics.median(processor(loop)),
        ms=1000 * statistics.median(wall(one)) / options.runs,
        disk=disk,
        memory=1024 * (statistics.median(peaks) - least) / (options.runs - 100),
        planning=planning,
    )
    with open(options.page, "w", encoding="utf-8") as file:
        file.write(page)
    print(page)


if __name__ == "__main__":
    main()
