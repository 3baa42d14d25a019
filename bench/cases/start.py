# SPDX-License-Identifier: MIT
"""How soon it starts, how soon data are ready, and new images scored by a stored model."""

import glob
import gzip
import os
import shutil
import struct
import sys

from case import Case, share_of_peak, time_of, times
from cases.autoencoder import EXPERIMENT, PRODUCTS
from measure import CORES, Failed, data_folder, peer, thread_settings, timed

PARTS = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
         "t10k-labels-idx1-ubyte"]
READ = """\
name: read
use: [configs/data/mnist.yaml]
load: {splits: {train: {from: mnist/train}, test: {from: mnist/test}}}
"""


def part_bytes(name):
    path = os.path.join(data_folder("mnist"), name)
    if os.path.exists(path):
        with open(path, "rb") as file:
            return file.read()
    with gzip.open(path + ".gz") as file:
        return file.read()


def zipped_folder(place):
    """MNIST in a folder where all of it is gzipped."""
    def make():
        folder = place.new("data")
        os.makedirs(os.path.join(folder, "mnist"))
        for name in PARTS:
            found = os.path.join(data_folder("mnist"), name + ".gz")
            there = os.path.join(folder, "mnist", name + ".gz")
            if os.path.exists(found):
                shutil.copy(found, there)
                continue
            with gzip.open(there, "wb") as file:
                file.write(part_bytes(name))
        return folder
    return place.once("zipped", make)


def reading_seconds(place):
    environment = {"SLUICE_DATA_DIR": zipped_folder(place)}
    run = place.run(place.experiment("read", READ), threads=1, environment=environment)
    return run.seconds("load")


def gzip_seconds(place):
    files = glob.glob(os.path.join(zipped_folder(place), "mnist", "*.gz"))
    return {"gzip -dc": timed(["gzip", "-dc", *files], discard=True).seconds}


def all_images(place):
    """One file with the 70,000 images."""
    def make():
        path = place.new("images")
        with open(path, "wb") as file:
            file.write(struct.pack(">HBBIII", 0, 8, 3, 70_000, 28, 28))
            for name in PARTS[::2]:
                file.write(part_bytes(name)[16:])
        return path
    return place.once("images", make)


def stored_model(place):
    return place.once("model", lambda: place.run(EXPERIMENT, "train.epochs=1", "figures=[]",
                                                 out=place.new("stored")).folder)


def detect_seconds(place):
    scores = place.new("scores") + ".npy"
    timing = place.sluice("apply", stored_model(place), all_images(place), "--to", scores)
    if "70000 rows" not in timing.errors:
        raise Failed(f"apply: {timing.errors}")
    return timing.seconds


def torch_detect_seconds(place):
    stored = place.once("torch model", lambda: place.new("model.pt"))
    found = {}
    for threads in thread_settings():
        said, _ = peer("detect", all_images(place), stored, place.new("scores") + ".npy",
                       threads, threads=threads)
        found[f"threads {threads}"] = said["seconds"]
    return found


def import_ms(place):
    seconds = [timed([sys.executable, "-c", "import torch"]).seconds for _ in range(2)]
    return {"import torch": 1000 * min(seconds)}


def detect_note(results):
    return ("Ours is the whole process, `sluice apply`, with p-values and decisions; both read "
            "an IDX file and write .npy. " + share_of_peak(
                results, 2 * sum(PRODUCTS) * 70_000 / results["detect"].median(), CORES))


CASES = [
    Case("version", "`sluice --version`", "ms",
         lambda place: place.start_ms(place.program, "--version"),
         lambda place: {"linked": place.start_ms(os.path.join(place.build, "bench/linked"))},
         "a C program linked with the same libraries", time_of(1.2)),
    Case("check", "`sluice check` of mnist-anomaly", "ms",
         lambda place: place.start_ms(place.program, "check", EXPERIMENT), import_ms,
         '`python3 -c "import torch"`', time_of(1 / 50)),
    Case("reading", "reading MNIST gzipped until it is ready, 1 thread", "s",
         reading_seconds, gzip_seconds, "`gzip -dc` alone", time_of(1.1),
         lambda results: "Ours verifies SHA-256 as well, and leaves the rows in the cache."),
    Case("detect", "70,000 images: read, score by a stored model, write", "s",
         detect_seconds, torch_detect_seconds, "PyTorch, without its imports", times(3),
         detect_note, all_cores=True),
]
