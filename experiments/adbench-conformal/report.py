#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the experiment left, as a table: the mean false-alarm rate of each set over its
repeats, its standard error, and whether it is within two of those of the level.

    report.py RESULTS > report.md

RESULTS is the folder that `sluice run` wrote (results/adbench-conformal). The exit status is
1 where a set is beyond. Needs python3-h5py."""

import math
import os
import sys

import h5py

METRIC = "detect.type_1_error"


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def level_of(folder, runs):
    path = os.path.join(folder, text(runs[0]["folder"]), "run.h5")
    with h5py.File(path, "r") as file:
        config = text(file["config"][()])
    block = config[config.index("\ncalibrate:"):]
    return float(block[block.index("level:"):].split()[1])


def rows(points, repeats, level):
    for point in points:
        name = os.path.splitext(os.path.basename(text(point["load.file"])))[0]
        mean = float(point[METRIC + ".mean"])
        error = float(point[METRIC + ".std"]) / math.sqrt(repeats)
        found = 1 - float(point["detect.type_2_error.mean"])
        sizes = [int(point[f"load.split_{split}.mean"])
                 for split in ("train", "calibration", "test")]
        yield name, sizes, mean, error, found, mean <= level + 2 * error


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    with h5py.File(os.path.join(folder, "latest", "sweep.h5"), "r") as file:
        points, runs = file["points"][:], file["runs"][:]
        repeats = int(file.attrs["repeats"])
    level = level_of(folder, runs)
    beyond = 0
    print(f"Level {level:g}, {repeats} seeds.\n")
    print("| set | rows learned from, calibrated on, counted | false alarms "
          "± standard error | at most level + 2 errors | anomalies found |")
    print("| --- | --- | --- | --- | --- |")
    for name, sizes, mean, error, found, within in rows(points, repeats, level):
        beyond += not within
        print(f"| {name} | {', '.join(map(str, sizes))} | {mean:.4f} ± {error:.4f} | "
              f"{level + 2 * error:.4f}, {'yes' if within else '**no**'} | {found:.3f} |")
    sys.exit(1 if beyond else 0)


if __name__ == "__main__":
    main()
