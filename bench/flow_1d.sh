#!/bin/sh
# SPDX-License-Identifier: MIT
# Numbers of the one-dimensional flow over ten seeds; writes bench/FLOW-1D.md. Takes a few
# seconds. Options are flow_1d.py's: --seeds N, --program FILE. Its speed: bench/run.sh flow-1d.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target sluice
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/flow_1d.py "$@"
