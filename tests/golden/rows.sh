#!/bin/sh
# run.h5 says which row of the data each score belongs to: what the files hold in that row, and
# the score that `apply` gives to it; the same with 1 and 4 threads and by labels of one split.
# usage: rows.sh SLUICE MAKE_IDX
set -eu
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLUICE_DATA_DIR
cd "$work"

fail() {
    echo "rows: $*" >&2
    exit 1
}

# Two files with quoted line ends in them; rows that lack a value are in no split. Columns
# `file` and `row` say where a row stands.
awk 'BEGIN {
    srand(7)
    for (f = 0; f < 2; f++) {
        out = f "-part.csv"
        print "file,row,\"a note\",x,y,class" > out
        for (i = 0; i < 700 - 200 * f; i++) {
            odd = rand() < 0.1
            printf "%d,%d,\"%s\",%s,%.5f,%s\n", f, i, i % 50 ? "n" : "two\nlines", \
                rand() < 0.05 ? "" : sprintf("%.6f", rand() + odd), rand(), \
                odd ? "odd" : "ok" > out
        }
    }
}'
cat > rows.yaml << 'END'
name: rows
seed: 5
load:
  module: csv
  files: {one: {file: 0-part.csv}, two: {file: 1-part.csv}}
  columns: [x, y]
  label: class
  normal: [ok]
  missing: drop
  splits:
    train: {classes: [0], fraction: 0.4}
    validation: {classes: [0], fraction: 0.2}
    test: {classes: [0]}
    odd: {classes: [1]}
train: {module: nearest-neighbours, preprocess: [standardise]}
calibrate: {module: conformal, split: validation}
detect: {module: threshold, normal: test, anomalous: odd}
figures: []
END
cat > labelled.yaml << 'END'
use: rows.yaml
name: labelled
load:
  splits: !replace
    train: {classes: [0], fraction: 0.4}
    validation: {classes: [0], fraction: 0.2}
    test: {choose: random}
detect: !replace {module: threshold, split: test}
END

for name in rows labelled; do
    for threads in 1 4; do
        "$sluice" run $name.yaml --quiet --threads $threads --out $name-$threads \
            --cache $name-$threads.cache
    done
    cmp $name-1/runs/*/run.h5 $name-4/runs/*/run.h5 || fail "$name: 1 and 4 threads differ"
    for part in 0 1; do
        sed 's/,,/,0.5,/' $part-part.csv > $part-full.csv # dropped rows have a score as well
        "$sluice" apply $name-1 $part-full.csv --quiet --to $name-$part.csv 2> said
    done
done

# Pictures: rows of several files by what is in them.
mkdir -p data/waves
"$make_idx" data/waves
SLUICE_DATA_DIR=data "$sluice" run "$here/experiment.yaml" train.epochs=1 --quiet \
    --out pictures --cache pictures.cache

python=
for candidate in python3 /usr/bin/python3; do
    if $candidate -c 'import numpy, h5py' 2> /dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || {
    echo "rows: no python with NumPy and h5py to look with"
    exit 77
}
$python - << 'END' || fail "the rows are others"
import csv
import glob
import h5py
import numpy as np

rows, scores = [], {"rows": [], "labelled": []}
for part in "01":
    with open(part + "-part.csv", newline="") as file:
        rows += list(csv.DictReader(file))
    for name in scores:
        with open(f"{name}-{part}.csv", newline="") as file:
            scores[name] += [float(line["score"]) for line in csv.DictReader(file)]
assert len(rows) == 1200 and len(scores["rows"]) == 1200

for name in scores:
    (path,) = glob.glob(name + "-1/runs/*/run.h5")
    with h5py.File(path) as run:
        first = run["/tensors/load/first_rows"][:]
        assert first.tolist() == [0, 700]
        seen = []
        for kind, label in (("normal", "ok"), ("anomalous", "odd")):
            numbers = run["/tensors/detect/rows_" + kind]
            assert numbers.dtype == np.uint32 and numbers.attrs["description"]
            numbers = numbers[:]
            values = run["/tensors/detect/scores_" + kind][:]
            assert len(numbers) == len(values) > 50
            for number, value in zip(numbers, values):
                row = rows[number]
                part = np.searchsorted(first, number, side="right") - 1
                assert int(row["file"]) == part
                assert int(row["row"]) == number - first[part]
                assert row["class"] == label and row["x"] != ""
                assert value == scores[name][number]
            seen += numbers.tolist()
        splits = ("test", "odd") if name == "rows" else ("test",)
        total = sum(run["/metrics/load/split_" + split][()] for split in splits)
        assert len(seen) == len(set(seen)) == total

# The score of a picture is the mean squared error of what the examples show.
(path,) = glob.glob("pictures/runs/*/run.h5")
with h5py.File(path) as run:
    first = run["/tensors/load/first_rows"][:]
    for kind, name in (("normal", "test"), ("anomalous", "rings")):
        scores = run["/tensors/detect/scores_" + kind][:]
        numbers = run["/tensors/detect/rows_" + kind][:]
        worst = numbers[np.argsort(-scores, kind="stable")]
        shown = run["/tensors/detect/examples_" + kind][1, :, 0]
        part = set((np.searchsorted(first, worst, side="right") - 1).tolist())
        assert len(part) == 1, part
        (begin,) = first[list(part)]
        pixels = np.frombuffer(
            open(glob.glob(f"data/waves/{name}-images*")[0], "rb").read(), ">u1", offset=16
        )
        pixels = pixels.reshape(-1, *shown.shape[1:])
        assert np.allclose(shown, pixels[worst[: len(shown)] - begin] / 255, atol=1e-6)
END
echo "rows: ok"
