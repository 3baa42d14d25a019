#!/bin/sh
# verify: the same bytes from the record alone; and when they are not, what is to blame.
# usage: verify.sh SLUICE MAKE_IDX
set -eu
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tmp
export TMPDIR="$work/tmp"

fail() {
    cat out >&2
    echo "verify: $*" >&2
    exit 1
}

# ended STATUS TEXT ARGUMENT...
ended() {
    want=$1
    text=$2
    shift 2
    status=0
    "$sluice" verify "$@" --quiet > out 2>&1 < /dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "'$*' ended with $status"
    grep -qF -- "$text" out || fail "'$text' was not printed"
    [ -z "$(ls -A tmp)" ] || fail "it left something behind"
}

mkdir -p data/waves
"$make_idx" data/waves
export SLUICE_DATA_DIR="$work/data"
"$sluice" run "$here/../golden/experiment.yaml" train.epochs=2 figures=[] --out results \
    --cache cache --quiet > out 2>&1
ended 0 "the same bytes" results
ended 0 "the same bytes" results/runs/*/run.h5 --threads 1
ended 0 "the same bytes" results/runs/* --threads 4

# A pixel more in one file: what it was, and what came of it.
cp -r data before
printf '\377' | dd of=data/waves/rings-images-idx3-ubyte bs=1 seek=200 conv=notrunc 2> /dev/null
ended 1 "file       rings-images-idx3-ubyte of stage 'load' has sha256" results
grep -q 'it differs' out || fail "no verdict"
grep -q '/tensors/detect/scores_anomalous differs by' out || fail "no number is named"
rm -rf data
mv before data

# Another model under the same name.
model=$(ls results/models/*.h5)
cp "$model" kept
printf 'x' | dd of="$model" bs=1 seek=3000 conv=notrunc 2> /dev/null
ended 1 "has other bytes" results
mv kept "$model"
mv "$model" kept
ended 0 "is not there any more" results
mv kept "$model"

# Another platform, as its record would say.
for python in python3 /usr/bin/python3; do
    $python -c 'import h5py' 2> /dev/null || continue
    $python - <<'EOF'
import glob
import h5py
import numpy

(path,) = glob.glob("results/runs/*/run.h5")
with h5py.File(path, "r+") as run:
    platform = run.attrs["platform"].decode()
    platform = platform.replace("glibc 2.", "glibc 1.")
    run.attrs["platform"] = numpy.bytes_(platform)
EOF
    ended 0 "other bytes on another platform, the numbers agree" results
    grep -q 'C library  glibc 1' out || fail "the library is not named"
    $python - <<'EOF'
import glob
import h5py

(path,) = glob.glob("results/runs/*/run.h5")
with h5py.File(path, "r+") as run:
    run["/metrics/detect/auroc"][()] -= 0.01
EOF
    ended 1 "/metrics/detect/auroc differs by 0.01" results
    ended 0 "the numbers agree" results --tolerance 0.05
    break
done

ended 2 "takes a number in 0..1" results --tolerance x
ended 3 "is no run file" nowhere
mv data elsewhere
ended 3 "has no file" results
echo "verify: ok"
