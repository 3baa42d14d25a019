#!/bin/sh
# Tables that are loaded, filled in, whitened and scored give the same bytes: with 1 and 4
# threads, from the cache, after an interruption and after a kill; and the runs of a sweep
# over folds share the rows. usage: tables.sh SLUICE
set -eu
sluice=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLUICE_DATA_DIR
cd "$work"
cp "$here/table.yaml" .

fail() {
    echo "tables: $*" >&2
    exit 1
}

awk 'BEGIN {
    srand(11)
    print "a,\"b, too\",c,colour,class"
    for (i = 0; i < 3000; i++) {
        odd = rand() < 0.05
        t = 6.28 * rand()
        gap = rand() < 0.03
        split("red,green,\"sea \"\"blue\"\"\"", colour, ",")
        printf "%.5f,%s,%.4f,%s,%s\n", cos(t) + 0.1 * rand() + odd, \
            gap ? "NA" : sprintf("%.3f", sin(t) + odd * rand()), exp(2 * rand()), \
            colour[1 + int(3 * rand())], odd ? "no" : "yes"
    }
}' > table.csv

# run NAME ARGUMENT...: into a results folder and a cache of its own
run() {
    name=$1
    shift
    "$sluice" run table.yaml --quiet --out "$name" --cache "$name.cache" "$@"
}

# same A B: run.h5 and the models of both are there and equal
same() {
    (cd "$1" && find runs models -name '*.h5' | sort) > a.list
    (cd "$2" && find runs models -name '*.h5' | sort) > b.list
    [ -s a.list ] || fail "$1 holds no record"
    cmp -s a.list b.list || fail "$1 and $2 hold different files"
    while read -r file; do
        cmp "$1/$file" "$2/$file" || fail "$file differs between $1 and $2"
    done < a.list
}

began=$(date +%s%N)
run one --threads 1
nanoseconds=$(($(date +%s%N) - began))
run four --threads 4
same one four
rm -rf cached
"$sluice" run table.yaml --quiet --out cached --cache one.cache --threads 4
same one cached

# the same rows, zipped, are other bytes on disk and the same results but for their key
gzip -k table.csv
run zipped load.file=table.csv.gz
"$sluice" show one --json | grep -v '"key"\|model\|record' > a.json
"$sluice" show zipped --json | grep -v '"key"\|model\|record' > b.json
grep '"auroc"' a.json > a.auroc
grep '"auroc"' b.json > b.auroc
cmp a.auroc b.auroc || fail "a gzipped table gives other results"

# killed in the middle, again and again
later=$(awk "BEGIN {t = $nanoseconds / 8e9; print (t > 0.01) ? t : 0.01}")
for signal in INT KILL; do
    stops=0
    delay=0
    while :; do
        delay=$(awk "BEGIN {print $delay + $later}")
        status=0
        timeout --foreground -s "$signal" "$delay" "$sluice" run table.yaml --quiet \
            --out "stop-$signal" --cache "stop-$signal.cache" --threads 2 \
            2> err || status=$?
        [ "$status" -eq 0 ] && break
        stops=$((stops + 1))
        [ "$stops" -lt 200 ] || fail "SIG$signal: no end after 200 stops"
        case $status in
        124 | 130 | 137) ;;
        *) cat err; fail "SIG$signal: exit status $status" ;;
        esac
    done
    [ "$stops" -gt 0 ] || fail "SIG$signal never came before the end"
    same one "stop-$signal"
done

# a sweep over folds reads the rows once
run folds load.folds=4 'load.splits=!replace {test: {classes: [0], fold: this}, train: {classes: [0], fold: others}, odd: {classes: [1]}}' \
    --sweep load.fold=0,1,2,3
[ "$(find folds.cache/data -name '*.bin' | wc -l)" -eq 1 ] ||
    fail "folds: $(find folds.cache/data -name '*.bin' | wc -l) copies of the rows"
[ "$(find folds -name run.h5 | wc -l)" -eq 4 ] || fail "folds: not 4 runs"
echo "tables: same bytes"
