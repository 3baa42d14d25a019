#!/bin/sh
# SPDX-License-Identifier: MIT
# Numbers of the one-dimensional flow over ten seeds, and its speed beside PyTorch; writes
# bench/FLOW-1D.md. Leave the machine alone meanwhile. Takes about two minutes. Options are
# flow_1d.py's: --seeds N, --no-torch, --program FILE.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target sluice
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/flow_1d.py "$@"
