# SPDX-License-Identifier: MIT
"""Many runs by one command, beside a loop of someone's own."""

import os
import shutil
import time

from case import Case, time_of, times
from measure import CORES, peer, peers_at_once, timed

BOTTLENECK = "experiments/sweep-bottleneck/experiment.yaml"
FLOW = "experiments/sweep-flow/experiment.yaml"
RUNS, REPEATS, REPEATS_RUN, EPOCHS = 75, 5, 2, 10
FLOW_RUNS, FLOW_EPOCHS, PEER_RUNS = 1000, 50, 20

# The runs differ in the threshold of the calibrate module alone: they share one data set, one
# training of a tenth of a second and its scores, and each has a mean and a standard deviation
# of 200 numbers to work out. All else is planning, building files and putting them on disk.
TRIVIAL_RUNS, GROUP, TRIVIAL = 10_000, 256, """\
use: [tests/golden/experiment.yaml]
name: trivial
train: {epochs: 1, encoder: [4], monitor: []}
figures: []
"""


def bottleneck_seconds(place):
    """2 of the 5 replicates, 30 of the 75 runs; figures are left out, as the peer has none."""
    run = place.run(BOTTLENECK, "figures=[]", "sweep.figures=[]",
                    f"sweep.repeats={REPEATS_RUN}")
    return run.timing.seconds * REPEATS / REPEATS_RUN


def torch_bottleneck_seconds(place):
    """A run of two epochs on each core at once, and the epochs that are missing as long as
    the second."""
    start = time.perf_counter()
    said = peers_at_once("autoencoder_run",
                         [(2, place.new("run") + ".npz") for _ in range(CORES)])
    seconds = time.perf_counter() - start
    epoch = sum(s["epoch_seconds"] for s in said) / CORES
    return {"extrapolated": (seconds + (EPOCHS - 2) * epoch) * RUNS / CORES}


def flow_runs_seconds(place):
    return place.run(FLOW, "figures=[]").timing.seconds


def torch_flow_runs_seconds(place):
    said, _ = peer("flow_1d", PEER_RUNS, FLOW_EPOCHS, 1, "default")
    return {"extrapolated": said["default"] * FLOW_RUNS / PEER_RUNS}


class Trivial:
    """The experiment of trivial runs with its data, in a place."""

    def __init__(self, place):
        waves = os.path.join(place.folder, "data", "waves")
        os.makedirs(waves)
        timed([os.path.join(place.build, "tests/make_idx"), waves])
        self.place, self.file = place, place.experiment("trivial", TRIVIAL)
        self.environment = {"SLUICE_DATA_DIR": os.path.dirname(waves)}

    @staticmethod
    def sweep(runs):
        return ["~detect", "--sweep", f"calibrate.k={{linspace: [0, 50, {runs}]}}"]

    def run(self, runs, threads, out=None):
        return self.place.run(self.file, *self.sweep(runs), threads=threads, out=out,
                              environment=self.environment)

    def plan(self, runs):
        return self.place.sluice("plan", self.file, *self.sweep(runs), "--out",
                                 self.place.new("plan"), environment=self.environment)


def trivial(place):
    return place.once("trivial", lambda: Trivial(place))


def engine_ms(place):
    """A run's time: of the whole command, less what the shared steps take."""
    out = os.path.join(place.folder, "trivial")
    shutil.rmtree(out, ignore_errors=True)
    run = trivial(place).run(TRIVIAL_RUNS, 1, out)
    shared = run.seconds("load", "train", "score")
    return 1000 * (run.timing.seconds - shared) / TRIVIAL_RUNS


def loop_ms(place):
    """Of the plain loop over the same files."""
    out = place.new("loop")
    runs, seconds, _ = place.tool("publish_runs", os.path.join(place.folder, "trivial"), out,
                                  GROUP)
    shutil.rmtree(out)
    return {"loop": 1000 * seconds / runs}


CASES = [
    Case("bottleneck", "sweep-bottleneck, 75 runs", "s", bottleneck_seconds,
         torch_bottleneck_seconds, f"75 PyTorch runs, {CORES} at once", times(10),
         lambda results: "Ours: 15 trainings serve the 75 runs; run were 2 of the 5 replicates "
         "(30 runs, 6 trainings), and the time is taken 2.5-fold. The peer: extrapolated from "
         f"{CORES} runs of 2 epochs, foreach=True."),
    Case("flow-runs", "sweep-flow, 1,000 runs of 2,000 steps", "s", flow_runs_seconds,
         torch_flow_runs_seconds, "a PyTorch loop, extrapolated from 20", times(200),
         lambda results: "Ours monitors a split and records each run, without figures."),
    Case("trivial", "10,000 trivial runs: the engine's time of one, 1 thread", "ms",
         engine_ms, loop_ms, "a loop that builds and publishes the same files", time_of(1.3),
         lambda results: "The loop has the content of the files in memory and publishes them "
         "256 at a time with the same two syncs for a group; its files are equal byte for "
         "byte."),
]
