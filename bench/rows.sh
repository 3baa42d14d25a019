#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints what a table of ten million rows costs: to load, split, standardise and score, and to
# be scored by `apply`, beside commands that only read it. Wants 3 GB where temporary files go,
# and python3-pandas for that row of the table. Takes some minutes; `sh bench/rows.sh 1000000`
# is shorter.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target sluice
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/rows.py "$@"
