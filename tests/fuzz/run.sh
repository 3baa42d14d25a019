#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes reading, composing and checking for a while, on one core, from the corpus that is
# kept beside this file. What it finds new goes to WORK/corpus, what breaks the program to
# WORK/found. usage: run.sh [SECONDS [WORK]]
#
# `build/fuzz/tests/fuzz/fuzz_config -merge=1 $PWD/tests/fuzz/corpus WORK/corpus` keeps what
# reaches something new.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-3600}
work=${2:-build/fuzz/work}
mkdir -p "$work/corpus" "$work/found"
work=$(cd "$work" && pwd) # the target changes its folder
here=$PWD/tests
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzz_config
exec build/fuzz/tests/fuzz/fuzz_config -max_total_time="$seconds" -timeout=60 \
    -rss_limit_mb=2048 -max_len=4096 -dict="$here/fuzz/config.dict" -print_final_stats=1 \
    -artifact_prefix="$work/found/" "$work/corpus" "$here/fuzz/corpus" "$here/config-errors"
