#!/bin/sh
# SPDX-License-Identifier: MIT
# What did a commit make dearer? Counts the instructions of small cases for it and for its
# parent under valgrind, which are the same however busy the machine is, and tells what grew
# by more than 3 %, and in which functions. Takes two minutes besides the two builds.
#
#     sh scripts/check-instructions.sh [COMMIT [BASE]]        HEAD and its parent by default
#
# Exit status 1 if a case grew, unless the commit's message owns up to it on a line
# "Grows: CASE..., why" of its own.
set -eu
cd "$(dirname "$0")/.."
limit=3

refuse() { echo "check-instructions: $*" >&2 && exit 2; }

commit=${1:-HEAD}
git rev-parse -q --verify "$commit^{commit}" >/dev/null || refuse "no commit '$commit'"
base=${2:-$commit~1}
if ! git rev-parse -q --verify "$base^{commit}" >/dev/null; then
    [ $# -lt 2 ] || refuse "no commit '$base'"
    echo "check-instructions: the parent of $commit is not in this clone; nothing compared"
    exit 0
fi
sh scripts/packages.sh build checks

work=$(mktemp -d)
trap 'git worktree prune; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# build NAME COMMIT: the program, in a work tree of its own if it isn't what stands here.
build() {
    if git diff --quiet "$2" --; then
        ln -s "$PWD" "$work/$1"
    else
        git worktree add -q --detach "$work/$1" "$2"
    fi
    (cd "$work/$1" && cmake --preset release && cmake --build --preset release \
        --target sluice) >"$work/$1.log" 2>&1 || {
        tail -n 30 "$work/$1.log" >&2
        refuse "$2 does not build"
    }
}

# ---- the cases: NAME and the words of a command -------------------------------------------

awk 'BEGIN {
    srand(1)
    print "a,b,c,d,e,f,g,h"
    for (i = 0; i < 4000; i++)
        for (j = 0; j < 8; j++)
            printf "%.6f%s", 20 * rand() - 10, j < 7 ? "," : "\n"
}' >"$work/table.csv"

# experiment NAME: its file, from standard input.
experiment() { cat >"$work/$1.yaml"; }

experiment table <<END
name: table
load:
  module: csv
  file: $work/table.csv
  splits: {train: {fraction: 0.5}, test: {}}
train: {module: mahalanobis, preprocess: [standardise]}
calibrate: {module: sigma, split: train}
END
experiment neighbours <<END
name: neighbours
load: {module: linear-gaussian, dimensions: 6, scales: [3, 2, 1], splits: {train: 2000}}
train: {module: nearest-neighbours}
calibrate: {module: sigma, split: train}
END
experiment autoencoder <<END
name: autoencoder
load: {module: linear-gaussian, dimensions: 64, scales: [3, 2, 1.5], splits: {train: 2000}}
train: {module: autoencoder, encoder: [48, 8], output: tanh, epochs: 5, batch_size: 100}
calibrate: {module: sigma, split: train}
END

cases='start table neighbours autoencoder flow-1d flow-2d sweep sweep-again plan'

# words CASE: what sluice is called with, in its own tree.
words() {
    case $1 in
    start) echo check experiments/mnist-anomaly/experiment.yaml ;;
    flow-1d) echo run experiments/flow-mixture-1d/experiment.yaml train.epochs=20 ;;
    flow-2d)
        echo run experiments/flow-2d-rings/experiment.yaml load.splits.train=1000 \
            load.splits.test=500 train.epochs=1 sample.count=500
        ;;
    sweep | sweep-again) echo run "$work/neighbours.yaml" --repeats 8 ;;
    plan) echo check experiments/flow-mixture-1d/experiment.yaml --repeats 500 ;;
    *) echo run "$work/$1.yaml" ;;
    esac
}

# count TREE CASE: instructions, and those of each function in $work/TREE.CASE
count() {
    set -- "$1" "$2" $(words "$2")
    tree=$1 name=$2
    shift 2
    if [ "$1" = run ]; then
        kept=$work/kept/$tree.${name%-again}
        set -- "$@" 'figures=[]' --quiet --threads 1 --out "$kept/results" \
            --cache "$kept/cache"
    fi
    (cd "$work/$tree" && valgrind --tool=callgrind --callgrind-out-file="$work/counted" \
        build/release/sluice "$@") >"$work/said" 2>&1 </dev/null || return 1
    callgrind_annotate --threshold=99.5 "$work/counted" | LC_ALL=C awk '
        $2 ~ /^\(/ && $3 ~ /:/ {
            gsub(/,/, "", $1); sub(/^[^:]*:/, "", $3); n[$3] += $1
        }
        END { for (f in n) print f, n[f] }' | LC_ALL=C sort >"$work/$tree.$name"
    sed -n 's/^==.*Collected : //p' "$work/said"
}

# grown CASE: the functions that grew most.
grown() {
    LC_ALL=C join -a 2 -o 0,1.2,2.2 -e 0 "$work/old.$1" "$work/new.$1" |
        awk '$3 > $2 { printf "%12d  %s\n", $3 - $2, $1 }' | sort -rn | head -n 5
}

build old "$base"
build new "$commit"
failed=0
owned=$(git log -1 --format=%B "$commit" | sed -n 's/^Grows: \([^,]*\).*/ \1 /p')
printf '%-12s %14s %14s %8s\n' case before after growth
for case in $cases; do
    if ! new=$(count new "$case"); then
        cat "$work/said" >&2
        refuse "case $case fails"
    fi
    if ! old=$(count old "$case"); then
        printf '%-12s %14s %14d\n' "$case" - "$new"
        continue
    fi
    growth=$(awk -v old="$old" -v new="$new" 'BEGIN { print 100 * (new / old - 1) }')
    printf '%-12s %14d %14d %+7.2f%%\n' "$case" "$old" "$new" "$growth"
    awk -v growth="$growth" -v limit="$limit" 'BEGIN { exit !(growth > limit) }' || continue
    grown "$case"
    case $owned in
    *" $case "*) echo "    the commit's message owns up to it" ;;
    *) failed=$((failed + 1)) ;;
    esac
done
[ "$failed" -eq 0 ] || echo "check-instructions: $failed grew by more than $limit %"
[ "$failed" -eq 0 ]
