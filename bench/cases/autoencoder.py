# SPDX-License-Identifier: MIT
"""The training of mnist-anomaly, and the limits that it has."""

from case import SHARE, Case, at_most, form, share_of_peak, time_of, times
from measure import CORES, peer, thread_settings

EXPERIMENT = "experiments/mnist-anomaly/experiment.yaml"
WIDTHS = [784, 256, 128, 32, 128, 256, 784]
BATCH, TRAIN, EPOCHS = 100, 50_000, 2


def operations(products):
    """Of a row's training, by the multiply-adds of each layer: one is two, and the first layer
    has no gradient by its input."""
    return 2 * (3 * sum(products) - products[0])


PRODUCTS = [n * m for n, m in zip(WIDTHS, WIDTHS[1:])]
OPERATIONS = operations(PRODUCTS)


def images_per_second(threads):
    """The whole training loop, as the journal has it."""
    def measured(place):
        run = place.run(EXPERIMENT, f"train.epochs={EPOCHS}", "train.monitor=[]", "figures=[]",
                        "~calibrate", "~detect", threads=threads)
        return EPOCHS * TRAIN / run.seconds("train")
    return measured


def torch_images(settings):
    def measured(place):
        found = {}
        for threads in settings:
            said, _ = peer("autoencoder", 1, threads, threads=threads)
            found |= {f"Adam {loop}, threads {threads}": n for loop, n in said.items()}
        return found
    return measured


def gigaflops(place):
    return 1e-9 * OPERATIONS * images_per_second(1)(place)


def products_alone(place):
    rows, _ = place.tool("gemm_only", 2, BATCH, *WIDTHS)
    return {"sgemm": rows}


def bound(results):
    """What the loop could at most be, if those cases were measured too."""
    ours, limit = results.get("autoencoder"), results.get("sgemm")
    if not ours or not limit or ours.failure or limit.failure:
        return ""
    rows, peers = limit.peer_median(), ours.peer_median()
    return (f"Its sgemm calls alone, each in its best layout, make {form(rows)} images/s, "
            f"{rows / peers:.2f} times PyTorch; only leaving out products with zeros, which "
            "81 % of the pixels are, gets beyond that.")


def peak_mb(place):
    return place.run(EXPERIMENT, "train.epochs=1").timing.peak_mb


def torch_peak_mb(place):
    return {"training alone": peer("autoencoder", 1, 1, "foreach")[1].peak_mb}


def bound_all(results):
    return share_of_peak(results, OPERATIONS * results["autoencoder-all"].median(), CORES)


def scaling_note(results):
    """What a second thread gives goes with how far its core is away."""
    result = results["scaling"]
    lines = [(a + b) / 2 for a, b in zip(result.lines[::2], result.lines[1::2])]
    rounds = sorted(zip(lines, result.ratios()))
    return ("What one core wrote, activations and their gradients, the other has to fetch: "
            + ", ".join(f"{ratio:.2f} times at {line:.0f} ns" for line, ratio in rounds) + ".")


CASES = [
    Case("autoencoder", "training the autoencoder of mnist-anomaly, 1 thread", "images/s",
         images_per_second(1), torch_images([1]), "PyTorch, 1 thread", times(1.9), bound,
         more=True),
    Case("autoencoder-all", f"the same, all {CORES} cores", "images/s",
         images_per_second(CORES), torch_images(thread_settings()),
         "PyTorch, best number of threads", times(3.4), bound_all, more=True, all_cores=True),
    Case("scaling", f"the same, all {CORES} cores against one", "images/s",
         images_per_second(CORES), lambda place: {"one thread": images_per_second(1)(place)},
         "sluice, 1 thread", times(1.85 if CORES == 2 else 0.925 * CORES),
         scaling_note, more=True, all_cores=True),
    Case("peak", "its floating-point operations, 1 thread", "GFLOP/s", gigaflops,
         lambda place: {"loop": place.tool("peak")[0]}, "a loop of multiply-adds", SHARE,
         lambda results: f"{OPERATIONS / 1e6:.2f} MFLOP an image, counted as if no pixel "
         "were zero.", more=True),
    Case("sgemm", "the training loop beside its sgemm calls alone, 1 thread", "images/s",
         images_per_second(1), products_alone, "the same calls, each in its best layout",
         time_of(1.1), more=True),
    Case("memory", "peak memory of mnist-anomaly, whole", "MB", peak_mb, torch_peak_mb,
         "PyTorch, its training alone", at_most(120),
         lambda results: "One epoch; figures and all."),
]
