# SPDX-License-Identifier: MIT
"""How fast, how soon and how large, beside PyTorch. Writes bench/SPEED.md.

Both train the autoencoder of mnist-anomaly at one thread, in turn, so that a change of the
machine's mood meets both; what counts is the median of the rounds' ratios."""

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
    """Seconds by the clock, seconds of the processor and peak MB of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"speed: {' '.join(command)}: status {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def train_seconds(folder):
    """What the journal says of the train step."""
    with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as journal:
        for line in map(json.loads, journal):
            if line["event"] == "step" and line["step"].split()[0] == "train":
                return line["seconds"]
    sys.exit(f"speed: {folder}/journal.jsonl has no seconds of the train step")


def run_sluice(program, epochs):
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "run", EXPERIMENT, f"train.epochs={epochs}", "train.monitor=[]"]
        command += ["figures=[]", "--quiet", "--threads", "1", "--out", folder]
        command += ["--cache", os.path.join(folder, "cache")]
        _, processor, peak = timed(command)
        return train_seconds(folder), processor, peak


def measure_sluice(program):
    """Processor time has no step of its own: it is what EPOCHS more epochs take."""
    _, before, _ = run_sluice(program, 1)
    clock, after, peak = run_sluice(program, 1 + EPOCHS)
    return {
        "clock": (1 + EPOCHS) * TRAIN / clock,
        "processor": EPOCHS * TRAIN / (after - before),
        "peak_mb": peak,
    }


def measure_torch(adam):
    """At one thread, the BLAS's own included, which torch.set_num_threads leaves alone."""
    command = [sys.executable, "bench/speed_torch.py", str(EPOCHS), adam]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.run(command, check=True, capture_output=True, env=environment)
    return json.loads(process.stdout)


def start_ms(*command, times=21):
    return statistics.median(timed(list(command))[0] * 1000 for _ in range(times))


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":", 1)[1].strip() for line in info if "model name" in line]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()


PAGE = """\
# Speed

Written by `sh bench/speed.sh` on {cpu}: {versions}.

The training loop of `mnist-anomaly`, batches of 100, {epochs} epochs, at one thread. In each
of {rounds} rounds sluice ran, PyTorch with Adam's default loop, and PyTorch with
`foreach=True`. Medians over the rounds; in brackets the lowest and the highest.

| images/s | by the clock | by processor time |
| --- | --- | --- |
| sluice | {ours_clock} | {ours_processor} |
| PyTorch, `Adam()` | {default_clock} | {default_processor} |
| PyTorch, `Adam(foreach=True)` | {foreach_clock} | {foreach_processor} |
| sluice against the faster of these | {ratio_clock} | {ratio_processor} |

The ratio is taken in each round, between runs that follow each other. The machine had a load
of {load_before:.1f} before and {load_after:.1f} after; where others work on it, processor time
is what to look at. PyTorch indexes its batches from a float tensor in memory, without a
DataLoader, and records the loss of every batch as sluice does; one thread means its BLAS, too.

| peak memory | MB |
| --- | --- |
| sluice, the whole experiment | {our_peak:.0f} |
| PyTorch, training alone | {their_peak:.0f} |

| start | ms |
| --- | --- |
| `sluice --version` | {version_ms:.1f} |
| `sluice check` on this experiment | {check_ms:.1f} |
"""


def spread(values, form):
    return (
        f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"
    )


def columns(rounds, by):
    """What a column of the page says; rounds of (sluice, default, foreach)."""
    ours, default, foreach = ([m[by] for m in column] for column in zip(*rounds))
    ratios = [a / max(b, c) for a, b, c in zip(ours, default, foreach)]
    return {
        f"ours_{by}": spread(ours, ",.0f"),
        f"default_{by}": spread(default, ",.0f"),
        f"foreach_{by}": spread(foreach, ",.0f"),
        f"ratio_{by}": spread(ratios, ".2f"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", nargs="?", default="build/release/sluice")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    load_before = os.getloadavg()[0]
    rounds = []
    for turn in range(options.rounds):
        rounds.append((measure_sluice(options.program), measure_torch("default"),
                       measure_torch("foreach")))
        told = ", ".join(f"{m['clock']:,.0f} ({m['processor']:,.0f})" for m in rounds[-1])
        print(f"round {turn + 1}: {told}", flush=True)

    version = subprocess.run(
        [options.program, "--version"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[0]
    page = PAGE.format(
        cpu=cpu(),
        versions=f"{version}, PyTorch {rounds[0][1]['version']}",
        rounds=options.rounds,
        epochs=EPOCHS,
        load_before=load_before,
        load_after=os.getloadavg()[0],
        our_peak=max(ours["peak_mb"] for ours, _, _ in rounds),
        their_peak=min(m["peak_mb"] for _, *theirs in rounds for m in theirs),
        version_ms=start_ms(options.program, "--version"),
        check_ms=start_ms(options.program, "check", EXPERIMENT),
        **columns(rounds, "clock"),
        **columns(rounds, "processor"),
    )
    with open("bench/SPEED.md", "w", encoding="utf-8") as file:
        file.write(page)
    print(page)


if __name__ == "__main__":
    main()
