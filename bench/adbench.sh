#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures the detectors beside scikit-learn; writes bench/ADBENCH.md. Wants ADBench's tables
# in $SLUICE_DATA_DIR/adbench. Leave the machine alone meanwhile. Takes about ten minutes.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target detectors
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/adbench.py "$@"
