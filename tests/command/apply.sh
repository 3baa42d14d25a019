#!/bin/sh
# apply: a run's scores again, from a file, a stream and in every format; whatever the
# number of threads, whatever the rows beside; what it refuses, and in which words.
# usage: apply.sh SLUICE MAKE_IDX
set -eu
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "apply: $*" >&2
    exit 1
}

# refused STATUS TEXT ARGUMENT...
refused() {
    want=$1
    text=$2
    shift 2
    status=0
    "$sluice" "$@" > out 2>&1 < /dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "'$*' ended with $status"
    grep -qF -- "$text" out || {
        cat out >&2
        fail "'$text' was not printed"
    }
}

# A python with NumPy and h5py, for what only they can say.
python=
for candidate in python3 /usr/bin/python3; do
    if $candidate -c 'import numpy, h5py' 2>/dev/null; then
        python=$candidate
        break
    fi
done

# ---- images: the autoencoder of the golden test ------------------------------------------

mkdir -p data/waves
"$make_idx" data/waves
export SLUICE_DATA_DIR="$work/data"
"$sluice" run "$here/../golden/experiment.yaml" train.epochs=3 figures=[] --out images \
    --cache cache --quiet
# Neither the data nor the cache is needed any more.
mv data elsewhere
rm -rf cache
rings=elsewhere/waves/rings-images-idx3-ubyte
"$sluice" apply images "$rings" > one.csv 2> said
grep -q 'flagged by .detect' said || fail "it does not say what it did"
for threads in 1 4; do
    "$sluice" apply images/runs/*/run.h5 "$rings" --threads $threads --to t$threads.csv \
        --quiet 2> said
    [ -s said ] && fail "--quiet says something"
    cmp one.csv t$threads.csv || fail "$threads threads give other bytes"
    "$sluice" apply images "$rings" --explain --threads $threads --to t$threads.npy --quiet
    "$sluice" apply images "$rings" --explain --threads $threads --to t$threads.h5 --quiet
done
cmp t1.npy t4.npy
cmp t1.h5 t4.h5
if [ -n "$python" ]; then
    $python - <<'EOF' || fail "the files do not hold what the run has"
import glob
import h5py
import numpy as np

(path,) = glob.glob("images/runs/*/run.h5")
with h5py.File(path) as run:
    scores = run["/tensors/detect/scores_anomalous"][:]
    missed = run["/metrics/detect/type_2_error"][()]
    calibration = run["/outputs/calibrate/calibration"][:]
    low = run["/metrics/detect/auroc"].attrs["low"]
    assert low < run["/metrics/detect/auroc"][()] <= run["/metrics/detect/auroc"].attrs["high"]
rows = np.load("t1.npy")
assert (rows["score"] == scores).all()
assert abs(1 - rows["flagged"].mean() - missed) < 1e-12
p = (1 + (calibration[None, :] >= scores[:, None]).sum(1)) / (len(calibration) + 1)
assert np.allclose(rows["p"], p, rtol=1e-15)
# The parts of a reconstruction error add up to it.
assert np.allclose(rows["contributions"].sum(1), scores, rtol=1e-12)
with h5py.File("t1.h5") as file:
    assert (file["rows"]["score"] == scores).all()
    assert file.attrs["score"] == b"reconstruction"
text = np.genfromtxt("one.csv", delimiter=",", names=True)
assert (text["score"] == scores).all() and (text["row"] == np.arange(len(scores))).all()
# Row by row: batches of one go through other kernels, in float32.
values = np.frombuffer(open("elsewhere/waves/rings-images-idx3-ubyte", "rb").read(), ">u1", offset=16)
np.savetxt("rows.csv", values.reshape(len(scores), -1)[:40], fmt="%d", delimiter=",")
EOF
    "$sluice" apply images --stream < rows.csv > stream.csv
    "$sluice" apply images rows.csv --quiet > file.csv
    $python - <<'EOF' || fail "a row's score depends on its batch"
import numpy as np

whole, stream, file = (
    np.genfromtxt(name, delimiter=",", names=True)["score"]
    for name in ("one.csv", "stream.csv", "file.csv")
)
assert len(stream) == 40
for other in (stream, file):
    error = np.abs(other / whole[:40] - 1).max()
    assert error < 1e-5, error
EOF
fi
printf '1,2,3\n' > narrow.csv
refused 2 "narrow.csv:1: rows have 3 columns, the model takes 144" apply images narrow.csv
refused 2 "the model takes 144" apply images elsewhere/waves/rings-labels-idx1-ubyte
refused 2 "ends in none of .csv, .npy and .h5" apply images narrow.csv --to x.txt
refused 2 "--stream reads standard input" apply images narrow.csv --stream
refused 2 "apply takes a file of rows, or --stream" apply images
refused 3 "nowhere" apply images nowhere
refused 3 "is no run file" apply nowhere narrow.csv
refused 2 "has no detect stage 'x'" apply images narrow.csv --stage x

# ---- a flow on points, with p-values and a rule for all rows together --------------------

cat > points.yaml <<'EOF'
name: points
seed: 5
load:
  module: density-2d
  density: moons
  splits: {train: 2000, validation: 400, test: 400}
train:
  module: flow
  layers: [affine-coupling, permutation, affine-coupling]
  optimizer: {adam: {lr: 1e-2}}
  epochs: 5
  batch_size: 100
calibrate: {module: conformal, split: validation, level: 0.1}
detect: {module: threshold, normal: test, anomalous: validation}
detect-fdr: {kind: detect, module: benjamini-hochberg, level: 0.2, normal: test, anomalous: validation}
figures: []
EOF
for threads in 1 4; do
    "$sluice" run points.yaml --out points$threads --cache cache$threads --quiet \
        --threads $threads 2> said
done
cmp points1/runs/*/run.h5 points4/runs/*/run.h5 || fail "runs of 1 and 4 threads differ"
cmp points1/models/*.h5 points4/models/*.h5 || fail "models of 1 and 4 threads differ"
printf '0.5,0.5\n1,0\n9,9\n-1,0.3\n' > points.csv
refused 2 "the run has 2 stages of kind 'detect'; name one with --stage" \
    apply points1 points.csv
"$sluice" apply points1 points.csv --stage detect > apart.csv 2>/dev/null
sed -n 4p apart.csv | grep -q ',0.0024[0-9]*,1$' || fail "a far point is not flagged"
"$sluice" apply points1 points.csv --stage detect-fdr > together.csv 2>/dev/null
sed -n 4p together.csv | grep -q ',1$' || fail "a far point is no discovery"
refused 2 "decides about all rows together" apply points1 --stage detect-fdr --stream
# In float64, a row at a time: the same bits.
"$sluice" apply points1 --stage detect --stream < points.csv > stream.csv
cmp apart.csv stream.csv || fail "a stream gives other bits than a file"
"$sluice" apply points1 points.csv --stage detect-fdr --explain --quiet > why.csv
head -1 why.csv | grep -q '^row,score,p,flagged,column 1,column 2$' || fail "no columns"
"$sluice" apply points1 points.csv --stage detect --explain --quiet | cut -d, -f5- > a
cut -d, -f5- why.csv | cmp - a || fail "explanations depend on the rule"

printf '[0.5, 0.5]\n\n[9, "x"]\n[1]\nnot json\n[-1, 0.3]\n' > points.jsonl
status=0
"$sluice" apply points1 --stage detect --stream --explain < points.jsonl > stream.jsonl \
    2> said || status=$?
[ "$status" -eq 1 ] || fail "bad rows of a stream end with $status"
[ "$(wc -l < stream.jsonl)" -eq 5 ] || fail "not one line for each row"
grep -q '^{"row":0,"score":.*"flagged":false,"contributions":{"column 1":' stream.jsonl ||
    fail "a row's line of JSON"
grep -qF "{\"row\":1,\"error\":\"column '2' is 'x', not a number\"}" stream.jsonl ||
    fail "a bad value"
grep -qF '{"row":2,"error":"1 values, the model takes 2"}' stream.jsonl || fail "a short row"
grep -q '"row":3,"error":"line 5 is no JSON' stream.jsonl || fail "a line that is no JSON"
grep -q '^{"row":4,"score"' stream.jsonl || fail "it does not go on"

# One line out for each in, at once: the second goes in when the first answer is there.
mkfifo asks answers
"$sluice" apply points1 --stage detect --stream < asks > answers &
exec 3> asks 4< answers
echo '1,2' >&3
read -r _ <&4
read -r answer <&4
case $answer in 0,*) ;; *) fail "the first answer is '$answer'" ;; esac
echo '3,4' >&3
read -r answer <&4
case $answer in 1,*) ;; *) fail "the second answer is '$answer'" ;; esac
exec 3>&- 4<&-
wait

# ---- detectors that take their score apart: the parts add up to it -------------------------

for train in '{module: mahalanobis}' '{module: pca, components: 1}'; do
    "$sluice" run points.yaml train="$train" calibrate.level=0.05 --out apart --cache cache1 \
        --quiet 2> said || fail "$train: $(cat said)"
    "$sluice" apply apart points.csv --stage detect \
        --explain --quiet > parts.csv
    awk -F, 'NR > 1 { e = ($5 + $6) / $2 - 1; if (e * e > 1e-20) exit 1 }' parts.csv ||
        fail "the parts of $train don't add up"
    rm -rf apart
done

# ---- a sweep's points ---------------------------------------------------------------------

"$sluice" run points.yaml --sweep calibrate.level=0.1,0.3 --out swept --cache cache1 --quiet \
    2> said
"$sluice" apply 'swept#1' points.csv --stage detect --quiet > /dev/null
refused 2 "name one of its points" apply swept points.csv

echo "apply: ok"
