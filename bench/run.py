# SPDX-License-Identifier: MIT
"""Measures all cases, or those that are named, and writes bench/RESULTS.md. Of some cases
alone the page is printed and not written."""

import argparse
import importlib
import os
import sys
import tempfile
import time

import case
import measure

ROOMS = ["autoencoder", "flows", "sweeps", "start"]

PAGE = """\
# What was measured

Written by `sh bench/run.sh` on {when}: {program}, {blas}, PyTorch {torch};
{system}; {cpu}, {cores} cores, {memory:.0f} GB{apart}.

Each case ran alternately with its peer, {rounds} times each: medians, in brackets the lowest and
the highest. The ratio is taken in each round, between measurements that follow each other:
how many times as fast we are, or where the peer is a limit, how much of its time we take or
of its speed we reach. PyTorch indexes its batches from a float tensor in memory, without a
DataLoader, and has its best number of threads and the faster of `Adam()` and
`Adam(foreach=True)`. Ratios are what counts; absolute times depend on the machine, which had
a load of {load_before:.1f} before and {load_after:.1f} after.

| case | sluice | peer or limit | ratio | to reach | reached |
| --- | --- | --- | --- | --- | --- |
{rows}

## Of each case

{remarks}
"""


def all_cases():
    """By name, in the order of the page."""
    rooms = [importlib.import_module(f"cases.{name}") for name in ROOMS]
    return {c.name: c for room in rooms for c in room.CASES}


def parse(cases):
    parser = argparse.ArgumentParser(
        prog="bench/run.sh", description=__doc__.split("\n\n", maxsplit=1)[0],
        epilog="cases: " + ", ".join(cases))
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--page", help="bench/RESULTS.md by default, if all cases ran")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in cases]
    if unknown:
        parser.error(f"no case '{unknown[0]}'; there are {', '.join(cases)}")
    if options.rounds < 1:
        parser.error("--rounds is at least 1")
    if not options.page and not options.cases:
        options.page = "bench/RESULTS.md"
    return options


def blas(place):
    """As the program says in its journal."""
    run = place.run("experiments/flow-mixture-1d/experiment.yaml", "train.epochs=1",
                    "figures=[]")
    return run.journal[0]["platform"].split(", ")[1]


def written(results, options, load_before, blas_said, lines):
    by_name = {result.case.name: result for result in results}
    return PAGE.format(
        when=time.strftime("%Y-%m-%d", time.gmtime()),
        program=measure.version_of(os.path.join(options.build, "sluice")),
        torch=measure.module_version("torch"),
        blas=blas_said, system=measure.system(), cpu=measure.cpu(), cores=measure.CORES,
        memory=measure.memory_gb(), apart=f"; {case.told_lines(lines)}" if lines else "",
        rounds=options.rounds, load_before=load_before, load_after=os.getloadavg()[0],
        rows="\n".join(map(case.row, results)),
        remarks="\n".join(case.remark(result, by_name) for result in results),
    )


def main():
    cases = all_cases()
    options = parse(cases)
    load_before, start = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        place = measure.Place(options.build, folder)
        blas_said = blas(place)
        place.forget()
        lines = place.line_ns()
        results = [case.measure(cases[name], place, options.rounds)
                   for name in options.cases or cases]
        lines += place.line_ns() + [ns for result in results for ns in result.lines]
    page = written(results, options, load_before, blas_said, lines)
    if options.page:
        with open(options.page, "w", encoding="utf-8") as file:
            file.write(page)
    print(page)
    print(f"run.sh: {(time.monotonic() - start) / 60:.1f} minutes", file=sys.stderr)
    sys.exit(any(result.failure for result in results))


if __name__ == "__main__":
    main()
