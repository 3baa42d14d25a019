#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures the program beside PyTorch; writes bench/SPEED.md. Leave the machine alone
# meanwhile. Takes about five minutes.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target sluice
build/release/sluice data fetch mnist kmnist
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/speed.py "$@"
