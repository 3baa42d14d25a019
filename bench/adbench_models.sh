#!/bin/sh
# SPDX-License-Identifier: MIT
# What detectors, networks and conformal thresholds reach on ADBench's tables: runs the three
# experiments and writes bench/ADBENCH-MODELS.md. Wants the tables in
# $SLUICE_DATA_DIR/adbench. The numbers, but for the milliseconds, do not depend on what else
# the machine does. Half an hour of one processor, most of it the networks'; what was done
# before is not done again. Arguments go to the networks' run, such as a list of fewer sets.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target sluice
results=build/release/adbench
page=bench/ADBENCH-MODELS.md

# run NAME ARGUMENT...
run() {
    name=$1
    shift
    build/release/sluice run "experiments/$name/experiment.yaml" --quiet \
        --out "$results/$name" --cache "$results/cache" figures=[] sweep.figures=[] "$@"
}

run adbench
run adbench-conformal
run adbench-networks "$@"
{
    cat bench/adbench_models.head.md
    printf '\n# Detectors: `experiments/adbench`\n\n'
    /usr/bin/python3 experiments/adbench/report.py "$results/adbench"
    printf '# Networks: `experiments/adbench-networks`\n\n'
    /usr/bin/python3 experiments/adbench/report.py "$results/adbench-networks"
    printf '# False alarms of conformal thresholds: `experiments/adbench-conformal`\n\n'
    /usr/bin/python3 experiments/adbench-conformal/report.py "$results/adbench-conformal"
} >"$page.new"
mv "$page.new" "$page"
