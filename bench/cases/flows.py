# SPDX-License-Identifier: MIT
"""Flows and the variational autoencoder, beside PyTorch with the same layers."""

import statistics

from case import SHARE, Case, share_of_peak, times
from cases.autoencoder import operations
from measure import CORES, peer, thread_settings

FLOW_1D = "experiments/flow-mixture-1d/experiment.yaml"
RINGS = "experiments/flow-2d-rings/experiment.yaml"
VAE = "experiments/vae-mnist/experiment.yaml"
BATCH, STEPS = 500, 40

AFFINE_ROWS, AFFINE = 20_000, """\
name: affine-16d
load: {module: linear-gaussian, dimensions: 16, scales: [3, 2, 1.5], splits: {train: 20000}}
train:
  module: flow
  layers:
    - standardise
    - {affine-coupling: {set: even, hidden: [64, 64]}}
    - {affine-coupling: {set: odd, hidden: [64, 64]}}
    - {affine-coupling: {set: even, hidden: [64, 64]}}
    - {affine-coupling: {set: odd, hidden: [64, 64]}}
  optimizer: {adam: {lr: 5e-3}}
  batch_size: 500
"""


def by_setting(name, *words):
    """A peer at each number of threads, which is its last word."""
    def measured(place):
        found = {}
        for threads in thread_settings():
            said, _ = peer(name, *words, threads, threads=threads)
            found |= {f"Adam {loop}, threads {threads}": n for loop, n in said.items()}
        return found
    return measured


def in_units(measured, factor):
    return lambda place: {name: factor * n for name, n in measured(place).items()}


def flow_1d_seconds(*words):
    return lambda place: statistics.median(
        place.run(FLOW_1D, "figures=[]", *words).timing.seconds for _ in range(5))


def flow_1d_note(results):
    said = "Ours loads, trains, monitors, draws 5,000 samples and records."
    start = results.get("flow-1d-start")
    if not start or start.failure:
        return said
    goal = results["flow-1d"].peer_median() / 200
    return (f"{said} 200 times would be {1000 * goal:.1f} ms; with one epoch in place of 100 "
            f"it takes {1000 * start.median():.1f} ms.")


def step_ms(place, file, rows, *words):
    """By what more epochs take, since a training also records what its figures show."""
    few, many = 2, 12
    seconds = [place.run(file, *words, f"train.epochs={n}", "figures=[]").seconds("train")
               for n in (few, many)]
    return 1000 * (seconds[1] - seconds[0]) * BATCH / ((many - few) * rows)


def spline_ms(place):
    return step_ms(place, RINGS, 50_000, "train.monitor=[]", "~sample")


def affine_ms(place):
    return step_ms(place, place.experiment("affine-16d", AFFINE), AFFINE_ROWS)


def vae_images(place):
    run = place.run(VAE, "train.epochs=1", "train.monitor=[]", "figures=[]")
    return 60_000 / run.seconds("train")


def vae_note(results):
    products = [784 * 400, 400 * 40, 20 * 400, 400 * 784]
    return (f"Ours with all {CORES} cores, all 60,000 rows; the peer's 10,000. "
            + share_of_peak(results, operations(products) * results["vae"].median(), CORES))


CASES = [
    Case("flow-1d", "1-D flow, 4,000 steps of 128: whole process, `figures=[]`", "s",
         flow_1d_seconds(), by_setting("flow_1d", 1, 100),
         "PyTorch, its training loop alone", times(200), flow_1d_note),
    Case("flow-1d-start", "the same with one epoch in place of 100", "s",
         flow_1d_seconds("train.epochs=1"),
         lambda place: {"100 epochs": flow_1d_seconds()(place)}, "sluice, 100 epochs", SHARE,
         lambda results: "The program's start, data, samples, HDF5 and two syncs."),
    Case("spline", "spline flow of flow-2d-rings, a step of 500", "ms", spline_ms,
         in_units(by_setting("coupling", 2, 4, 32, 32, BATCH, STEPS), 1000), "PyTorch",
         times(10), all_cores=True),
    Case("affine", "affine couplings in 16 dimensions, a step of 500", "ms", affine_ms,
         in_units(by_setting("coupling", 16, 4, 0, 64, BATCH, STEPS), 1000), "PyTorch",
         times(4), lambda results: "Four couplings, hidden [64, 64].", all_cores=True),
    Case("vae", "training the VAE of vae-mnist", "images/s", vae_images,
         by_setting("vae", 10_000, 1), "PyTorch", times(2), vae_note,
         more=True, all_cores=True),
]
