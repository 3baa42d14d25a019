# SPDX-License-Identifier: MIT
"""How fast, how soon and how large, beside PyTorch. Writes bench/SPEED.md.

Both train the autoencoder of mnist-anomaly at one thread, in turn, so that a change of the
machine's mood meets both."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

EXPERIMENT = "experiments/mnist-anomaly/experiment.yaml"
EPOCHS = 3
TRAIN = 50_000


def timed(command):
    """Seconds and peak MB of a command that succeeds."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"speed: {' '.join(command)}: status {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def train_seconds(folder):
    """What the journal says of the train step."""
    with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as journal:
        for line in map(json.loads, journal):
            if line["event"] == "step" and line["step"].split()[0] == "train":
                return line["seconds"]
    sys.exit(f"speed: {folder}/journal.jsonl has no seconds of the train step")


def measure_sluice(program):
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "run", EXPERIMENT, f"train.epochs={EPOCHS}", "train.monitor=[]"]
        command += ["figures=[]", "--quiet", "--threads", "1", "--out", folder]
        command += ["--cache", os.path.join(folder, "cache")]
        _, peak = timed(command)
        return {
            "images_per_second": EPOCHS * TRAIN / train_seconds(folder),
            "peak_mb": peak,
        }


def measure_torch():
    command = [sys.executable, "bench/speed_torch.py", str(EPOCHS)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def start_ms(*command, times=21):
    return statistics.median(timed(list(command))[0] * 1000 for _ in range(times))


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":", 1)[1].strip() for line in info if "model name" in line]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()


PAGE = """\
# Speed

Written by `sh bench/speed.sh` on {cpu}: {versions}. {rounds} rounds in turn, medians; in
brackets the slowest and the fastest.

| | sluice | PyTorch | ratio |
| --- | --- | --- | --- |
| training, images/s at one thread | {ours} | {theirs} | {ratio:.2f} |
| peak memory, MB | {our_peak:.0f} | {their_peak:.0f} | {memory:.2f} |

The training loop of `mnist-anomaly`: batches of 100, {epochs} epochs. PyTorch indexes its
batches from a float tensor in memory, without a DataLoader, and records the loss of every
batch as sluice does. Memory is that of the whole process: for sluice of the whole
experiment, for PyTorch of training alone.

| start | ms |
| --- | --- |
| `sluice --version` | {version_ms:.1f} |
| `sluice check` on this experiment | {check_ms:.1f} |
"""


def spread(values):
    return (
        f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", nargs="?", default="build/release/sluice")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    ours, theirs = [], []
    for turn in range(options.rounds):
        ours.append(measure_sluice(options.program))
        theirs.append(measure_torch())
        print(f"round {turn + 1}: sluice {ours[-1]['images_per_second']:,.0f} images/s, "
              f"PyTorch {theirs[-1]['images_per_second']:,.0f}", flush=True)

    our_rates = [m["images_per_second"] for m in ours]
    their_rates = [m["images_per_second"] for m in theirs]
    our_peak = max(m["peak_mb"] for m in ours)
    their_peak = max(m["peak_mb"] for m in theirs)
    version = subprocess.run(
        [options.program, "--version"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[0]
    page = PAGE.format(
        cpu=cpu(),
        versions=f"{version}, PyTorch {theirs[0]['version']}",
        rounds=options.rounds,
        epochs=EPOCHS,
        ours=spread(our_rates),
        theirs=spread(their_rates),
        ratio=statistics.median(our_rates) / statistics.median(their_rates),
        our_peak=our_peak,
        their_peak=their_peak,
        memory=our_peak / their_peak,
        version_ms=start_ms(options.program, "--version"),
        check_ms=start_ms(options.program, "check", EXPERIMENT),
    )
    with open("bench/SPEED.md", "w", encoding="utf-8") as file:
        file.write(page)
    print(page)


if __name__ == "__main__":
    main()
