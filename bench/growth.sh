#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures how time grows with rows, width, threads, runs and results; writes the figures and
# the table of bench/growth/. Leave the machine alone meanwhile. Takes about ten minutes, and
# 3 GB where temporary files go ($TMPDIR); --most-runs 4 a tenth of it.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build
command -v python3 >/dev/null || sh scripts/packages.sh tests
cmake --preset release >/dev/null
cmake --build --preset release --target sluice make_idx >&2
PYTHONDONTWRITEBYTECODE=1 exec python3 bench/growth.py "$@"
