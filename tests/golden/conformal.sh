#!/bin/sh
# Conformal thresholds raise no more false alarms than they say: over 20 seeds the mean rate is
# at most the level and two standard errors, on rows that are generated, and on the smaller
# tables of ADBench where $SLUICE_TEST_DATA has them. usage: conformal.sh SLUICE MAKE_IDX
set -eu
sluice=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$here/../../configs" configs

fail() {
    echo "conformal: $*" >&2
    exit 1
}

# within NAME LEVEL POINTS: all points of a sweep of 20 repeats are, and some are near it
within() {
    "$sluice" show "$1" --csv > "$1.csv"
    awk -F, -v level="$2" -v want="$3" 'NR == 1 {
        for (i = 1; i <= NF; i++) at[$i] = i
    }
    NR > 1 {
        mean = $at["detect.type_1_error.mean"]
        error = $at["detect.type_1_error.std"] / sqrt(20)
        if ($at["runs"] != 20 || mean > level + 2 * error || mean < level / 2) {
            print "point " $1 ": " mean " +- " error
            bad = 1
        }
        points++
    }
    END { exit bad || points != want }' "$1.csv" || fail "$1 is beyond the level of $2"
}

cat > generated.yaml <<'YAML'
name: generated
seed: 1
load:
  module: gaussian-mixture
  components: [{mean: [0, 0, 0], std: 1}, {mean: [6, -3, 2.385], std: [0.5, 1.5, 1]}]
  splits: {train: 100, calibration: 59, test: 400, odd: 20}
train: {module: nearest-neighbours, k: 5, preprocess: [standardise]}
calibrate: {module: conformal, split: calibration, level: 0.1}
detect: {module: threshold, normal: test, anomalous: odd, metrics: [type_1_error]}
figures: []
sweep:
  grid:
    calibrate.level: [0.05, 0.1, 0.25]
  repeats: 20
YAML
for level in 0.05 0.1 0.25; do
    "$sluice" run generated.yaml --quiet --threads 2 --out "generated-$level" \
        --cache cache "sweep.grid.calibrate.level=[$level]"
    within "generated-$level" $level 1
done

tables=${SLUICE_TEST_DATA:-}
[ -d "$tables/adbench" ] || exit 0
export SLUICE_DATA_DIR="$tables"
"$sluice" run "$here/../../experiments/adbench-conformal/experiment.yaml" --quiet \
    --threads 2 --out tables --cache cache "sweep.grid.load.file=[adbench/4_breastw.npz, \
    adbench/14_glass.npz, adbench/18_Ionosphere.npz, adbench/20_letter.npz, \
    adbench/40_vowels.npz, adbench/45_wine.npz]"
within tables 0.1 6
