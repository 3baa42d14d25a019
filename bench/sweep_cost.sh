#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures what a sweep costs beside its work; writes bench/SWEEP.md. Leave the machine
# alone meanwhile. Takes some minutes, and 600 MB where temporary files go.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build
cmake --preset release >/dev/null
cmake --build --preset release --target sluice make_idx publish_runs
exec python3 bench/sweep_cost.py "$@"
