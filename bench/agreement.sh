#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares the program with PyTorch, number by number; writes bench/AGREEMENT.md. Takes
# about a quarter of an hour. Options are agreement.py's: --exact-only, --seeds N.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release --target sluice
build/release/sluice data fetch mnist kmnist
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/agreement.py "$@"
