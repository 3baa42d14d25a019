#!/bin/sh
# What is as long as the data is not held in memory: from 200,000 rows to a million what a run
# and an `apply` have of their own grows by no more than a bound. The bytes are those of 1 and
# 4 threads. usage: many_rows.sh SLUICE
set -eu
sluice=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLUICE_DATA_DIR
cd "$work"

# Kilobytes by which it may grow. Ranking a million scores takes some 50,000 with every array
# in memory; what is shorter than an array that is put into a file makes up the rest.
bound=16000

fail() {
    echo "many_rows: $*" >&2
    exit 1
}

[ -r /proc/self/status ] || {
    echo "many_rows: there is no /proc here"
    exit 77
}
[ "$(stat -f -c %T .)" != tmpfs ] || {
    echo "many_rows: $work is in memory; set TMPDIR to a folder on a disk"
    exit 77
}

# table ROWS: one column, one row in a hundred far out
table() {
    awk -v n="$1" 'BEGIN {
        srand(3)
        print "x,class"
        for (i = 0; i < n; i++) {
            odd = rand() < 0.01
            printf "%.5f,%d\n", rand() + rand() + rand() + odd, odd
        }
    }' > "$1.csv"
    cat > "$1.yaml" << END
name: rows
load:
  module: csv
  file: $1.csv
  label: class
  splits:
    train: {classes: [0], fraction: 0.02}
    validation: {classes: [0], fraction: 0.4}
    test: {classes: [0]}
    odd: {classes: [1]}
train: {module: mahalanobis, preprocess: [standardise]}
calibrate: {module: conformal, split: validation}
detect: {module: benjamini-hochberg, normal: test, anomalous: odd}
figures: []
END
}

# peak FILE COMMAND ARGUMENT...: the most that the command had of its own, in kilobytes
peak() {
    file=$1
    shift
    "$@" > output &
    pid=$!
    most=0
    while kill -0 $pid 2> /dev/null; do
        while read -r word kilobytes rest; do
            if [ "$word" = RssAnon: ] && [ "$kilobytes" -gt $most ]; then
                most=$kilobytes
            fi
        done 2> /dev/null < /proc/$pid/status || :
    done
    wait $pid || fail "$* failed"
    echo $most > "$file"
}

# The rows are loaded first, and found in the cache: how they are read is another matter.
for rows in 200000 1000000; do
    table $rows
    "$sluice" run $rows.yaml '~train' '~calibrate' '~detect' --quiet --out load \
        --cache cache
    peak $rows.run "$sluice" run $rows.yaml --quiet --threads 1 --out $rows \
        --cache cache
    peak $rows.apply "$sluice" apply $rows $rows.csv --quiet --threads 1 \
        --to $rows.h5
done

for what in run apply; do
    few=$(cat 200000.$what)
    many=$(cat 1000000.$what)
    [ "$few" -gt 0 ] || fail "$what was over before it was looked at"
    [ "$many" -le $((few + bound)) ] ||
        fail "$what takes $few kB of 200000 rows, and $many of a million"
done

"$sluice" run 1000000.yaml --quiet --threads 4 --out four --cache four.cache
cmp 1000000/runs/*/run.h5 four/runs/*/run.h5 || fail "1 and 4 threads differ"
cmp 1000000/models/*.h5 four/models/*.h5 || fail "models of 1 and 4 threads differ"
"$sluice" apply 1000000 1000000.csv --quiet --threads 4 --to four.h5
cmp 1000000.h5 four.h5 || fail "what 1 and 4 threads apply differs"
