#!/bin/sh
# SPDX-License-Identifier: MIT
# A small run under valgrind: no leak, no read of what was not written. Uses the release
# build as it stands.
set -eu
cd "$(dirname "$0")/.."
sluice=$PWD/build/release/sluice
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 300 images of 6 x 6: dark ones with label 0, bright ones with label 1.
python3 - "$work" <<'END'
import random, struct, sys
draw = random.Random(1)
labels = [i % 3 == 2 for i in range(300)]
with open(sys.argv[1] + "/images", "wb") as file:
    file.write(struct.pack(">4B3I", 0, 0, 8, 3, 300, 6, 6))
    for bright in labels:
        file.write(bytes(draw.randrange(100) + 150 * bright for _ in range(36)))
with open(sys.argv[1] + "/labels", "wb") as file:
    file.write(struct.pack(">4BI", 0, 0, 8, 1, 300) + bytes(labels))
END

cat >"$work/experiment.yaml" <<END
name: leaks
seed: 1
load:
  module: idx
  datasets:
    blots:
      folder: $work
      parts:
        all: {images: {file: images}, labels: {file: labels}, shape: [300, 6, 6]}
  splits:
    train: {from: blots/all, classes: [0], count: 120, choose: random}
    validation: {from: blots/all, classes: [0], count: 40, choose: random}
    test: {from: blots/all, classes: [0], count: 40, choose: random}
    bright: {from: blots/all, classes: [1], choose: random}
train: {module: autoencoder, encoder: [12, 4], epochs: 3, batch_size: 25}
calibrate: {module: sigma, split: validation, k: 3}
detect: {module: threshold, normal: test, anomalous: bright}
figures: [training-loss, score-histogram, roc, reconstructions]
END

# grind STATUS WORDS...: sluice under valgrind, which must end with that status.
grind() {
    wanted=$1
    shift
    status=0
    valgrind -q --leak-check=full --errors-for-leak-kinds=definite,possible \
        --error-exitcode=99 "$sluice" "$@" >"$work/out" 2>&1 </dev/null || status=$?
    [ "$status" -eq "$wanted" ] && return
    cat "$work/out"
    echo "check-leaks: sluice $*: status $status, not $wanted"
    exit 1
}

results=$work/results
grind 0 run "$work/experiment.yaml" --threads 2 --out "$results" --cache "$work/cache"
grind 0 run "$work/experiment.yaml" --threads 2 --out "$results" --cache "$work/cache"
grind 0 show "$results"
grind 2 check "$work/experiment.yaml" train.epoch=3
echo 'check-leaks: nothing'
