# SPDX-License-Identifier: MIT
"""What a large table costs, in seconds of the processor: another load of the machine changes
those little. Anonymous memory is what a run holds of its own; pages of files that it has
mapped can be dropped at any time and don't count."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

from measure import CORES, Failed

COLUMNS, BLOCK = 8, 250_000
EXPERIMENT = """\
name: rows
load:
  module: csv
  file: rows.csv
  label: label
  splits:
    train: {classes: [0], fraction: 0.5}
    validation: {classes: [0], fraction: 0.25}
    test: {classes: [0]}
    odd: {classes: [1]}
train: {module: mahalanobis, preprocess: [standardise]}
calibrate: {module: quantile, split: validation}
detect: {module: threshold, normal: test, anomalous: odd}
figures: []
"""
LOAD_ALONE = ["~train", "~calibrate", "~detect"]


def block_of(rng, n):
    """n rows as text: normal numbers with six decimals, one row in a hundred apart."""
    label = rng.random(n) < 0.01
    x = rng.standard_normal((n, COLUMNS)) + 3.0 * label[:, None]
    rest = np.clip(np.rint(np.abs(x) * 1e6), 0, 9_999_999).astype(np.int64)
    text = np.empty((n, COLUMNS * 10 + 2), np.uint8)
    cells = text[:, :-2].reshape(n, COLUMNS, 10)
    cells[:] = np.frombuffer(b"-0.000000,", np.uint8)
    for place in (8, 7, 6, 5, 4, 3, 1):
        cells[:, :, place] += (rest % 10).astype(np.uint8)
        rest //= 10
    text[:, -2] = ord("0") + label
    text[:, -1] = ord("\n")
    kept = np.ones(text.shape, bool)
    kept[:, :-2:10] = x < 0
    return text[kept].tobytes()


def make(path, rows):
    rng = np.random.default_rng(6)
    with open(path, "wb") as file:
        file.write(",".join([f"x{j}" for j in range(COLUMNS)] + ["label\n"]).encode())
        for first in range(0, rows, BLOCK):
            file.write(block_of(rng, min(BLOCK, rows - first)))


def anonymous_mb(process):
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            return max((int(line.split()[1]) for line in status
                        if line.startswith("RssAnon")), default=0) / 1e3
    except OSError:
        return 0.0


def measured(command):
    """Seconds, seconds of the processor and highest anonymous MB, looked at every 10 ms."""
    start, peak = time.perf_counter(), 0.0
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while os.waitid(os.P_PID, process.pid,
                        os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak = max(peak, anonymous_mb(process))
            time.sleep(0.01)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise Failed(f"{' '.join(command)}: {errors.read()}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, peak


def commands(program, folder):
    """What is measured, by the words for it."""
    csv = os.path.join(folder, "rows.csv")
    yield "wc -l", ["wc", "-l", csv]
    yield "sha256sum", ["sha256sum", csv]
    if subprocess.run([sys.executable, "-c", "import pandas"],
                      stderr=subprocess.DEVNULL).returncode == 0:
        yield "pandas.read_csv", [sys.executable, "-c",
                                  f"import pandas; pandas.read_csv({csv!r})"]
    counts = [(n, f"{n} thread{'s' * (n > 1)}") for n in sorted({1, CORES})]
    for what, besides in ("load", LOAD_ALONE), ("all of it", []):
        for threads, said in counts:
            out = os.path.join(folder, f"{len(besides)}-{threads}")
            yield f"sluice, {what}, {said}", [
                program, "run", os.path.join(folder, "rows.yaml"), *besides, "--quiet",
                "--threads", str(threads), "--out", out, "--cache", out + ".cache"]
    for threads, said in counts:
        yield f"sluice, apply, {said}", [
            program, "apply", os.path.join(folder, "0-1"), csv, "--quiet",
            "--threads", str(threads), "--to", os.path.join(folder, "applied.csv")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--build", default="build/release")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-rows-") as folder:
        csv = os.path.join(folder, "rows.csv")
        make(csv, given.rows)
        with open(os.path.join(folder, "rows.yaml"), "w", encoding="utf-8") as file:
            file.write(EXPERIMENT)
        megabytes = os.path.getsize(csv) / 1e6
        print(f"{given.rows:,} rows of {COLUMNS} numbers and a label, {megabytes:.0f} MB\n\n"
              "| | processor s | MB a processor second | s | anonymous MB |\n"
              "| --- | ---: | ---: | ---: | ---: |")
        for what, command in commands(os.path.join(given.build, "sluice"), folder):
            seconds, processor, peak = measured(command)
            print(f"| {what} | {processor:.2f} | {megabytes / processor:.0f} | {seconds:.1f} "
                  f"| {peak:.0f} |", flush=True)
            if "--cache" in command:
                shutil.rmtree(command[-1])


if __name__ == "__main__":
    try:
        main()
    except (Failed, OSError) as error:
        sys.exit(f"rows: {error}")
