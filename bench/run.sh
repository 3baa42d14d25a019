#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures the program beside its peers and its limits; writes bench/RESULTS.md. Leave the
# machine alone meanwhile. Takes about 20 minutes, and 600 MB where temporary files go
# ($TMPDIR), which should be a disk.
#
#     sh bench/run.sh [CASE...] [--rounds N]
#
# Names of cases run those alone and print the page; --help lists them. MNIST and KMNIST are
# brought by `sluice data fetch`; a folder that has them already is named by SLUICE_DATA_DIR.
set -eu
cd "$(dirname "$0")/.."
sh scripts/packages.sh build bench
cmake --preset release >/dev/null
cmake --build --preset release \
    --target sluice make_idx publish_runs peak cores gemm_only linked >&2
build/release/sluice data check mnist kmnist >/dev/null 2>&1 ||
    build/release/sluice data fetch mnist kmnist >&2 ||
    echo 'run.sh: not all images are there; cases that read them will fail' >&2
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 bench/run.py "$@"
