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

Written by `sh bench/speed.sh` on {cpu}: {versions}. {rounds} rounds, in each of them
sluice, PyTorch with Adam's default loop and with `foreach=True`, one after the other. The
median over the rounds; in brackets the slowest and the fastest.

| training at one thread | images/s | sluice is faster by |
| --- | --- | --- |
| sluice | {ours} | |
| PyTorch, `Adam()` | {default} | {default_ratio} |
| PyTorch, `Adam(foreach=True)` | {foreach} | {foreach_ratio} |

The training loop of `mnist-anomaly`: batches of 100, {epochs} epochs. The ratio is taken in
each round and its median is told, for the machine may be busy with other things: its load
was {load_before:.1f} before and {load_after:.1f} after. PyTorch indexes its batches from a
float tensor in memory, without a DataLoader, and records the loss of every batch as sluice
does; one thread means its BLAS, too.

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


def ratios(ours, theirs):
    return [a["images_per_second"] / b["images_per_second"] for a, b in zip(ours, theirs)]


def rates(measured):
    return spread([m["images_per_second"] for m in measured], ",.0f")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", nargs="?", default="build/release/sluice")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    load_before = os.getloadavg()[0]
    ours, default, foreach = [], [], []
    for turn in range(options.rounds):
        ours.append(measure_sluice(options.program))
        default.append(measure_torch("default"))
        foreach.append(measure_torch("foreach"))
        print(f"round {turn + 1}: images/s: sluice {ours[-1]['images_per_second']:,.0f}, "
              f"PyTorch {default[-1]['images_per_second']:,.0f}, "
              f"with foreach {foreach[-1]['images_per_second']:,.0f}", flush=True)

    version = subprocess.run(
        [options.program, "--version"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[0]
    page = PAGE.format(
        cpu=cpu(),
        versions=f"{version}, PyTorch {default[0]['version']}",
        rounds=options.rounds,
        epochs=EPOCHS,
        load_before=load_before,
        load_after=os.getloadavg()[0],
        ours=rates(ours),
        default=rates(default),
        default_ratio=spread(ratios(ours, default), ".2f"),
        foreach=rates(foreach),
        foreach_ratio=spread(ratios(ours, foreach), ".2f"),
        our_peak=max(m["peak_mb"] for m in ours),
        their_peak=min(m["peak_mb"] for m in default + foreach),
        version_ms=start_ms(options.program, "--version"),
        check_ms=start_ms(options.program, "check", EXPERIMENT),
    )
    with open("bench/SPEED.md", "w", encoding="utf-8") as file:
        file.write(page)
    print(page)


if __name__ == "__main__":
    main()
