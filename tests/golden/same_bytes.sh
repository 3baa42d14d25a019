#!/bin/sh
# The same file gives the same bytes: with 1 and 4 threads, again, from the cache, after an
# interruption and after a kill. usage: same_bytes.sh SLUICE MAKE_IDX
set -eu
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/data/waves"
"$make_idx" "$work/data/waves"
export SLUICE_DATA_DIR="$work/data"
cd "$work"

fail() {
    echo "same_bytes: $*" >&2
    exit 1
}

# run NAME ARGUMENT...: into a results folder and a cache of its own
run() {
    name=$1
    shift
    "$sluice" run "$here/experiment.yaml" --quiet --out "$name" --cache "$name.cache" "$@"
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

# from the cache alone; more than once, since steps that end at once meet in new ways
for again in $(seq 20); do
    rm -rf cached
    "$sluice" run "$here/experiment.yaml" --quiet --out cached --cache one.cache \
        --threads 4 || fail "from the cache, time $again: exit status $?"
    same one cached
done

# a changed seed is another run
run other --threads 1 seed=4
find one -name run.h5 -exec cat {} + > a.bytes
find other -name run.h5 -exec cat {} + > b.bytes
cmp -s a.bytes b.bytes && fail "another seed gave the same bytes"

# float64 too
run one64 --threads 1 train.precision=float64
run four64 --threads 4 train.precision=float64
same one64 four64

# more epochs go on from the ones that are there, with the bits of a training in one go
"$sluice" run "$here/experiment.yaml" --quiet --out longer --cache one.cache train.epochs=15
run longer-at-once --threads 2 train.epochs=15
same longer longer-at-once

# asked to stop, and killed, in the middle: each time a little later, in steps that fit how
# fast this build is
later=$(awk "BEGIN {t = $nanoseconds / 20e9; print (t > 0.006) ? t : 0.006}")
for signal in INT TERM KILL; do
    stops=0
    delay=0
    while :; do
        delay=$(awk "BEGIN {print $delay + $later}")
        status=0
        timeout --foreground -s "$signal" "$delay" "$sluice" run "$here/experiment.yaml" \
            --quiet --out "stop-$signal" --cache "stop-$signal.cache" --threads 2 \
            2> "stop-$signal.err" || status=$?
        [ "$status" -eq 0 ] && break
        stops=$((stops + 1))
        [ "$stops" -lt 400 ] || fail "SIG$signal: no end after 400 stops"
        case $status in
        124 | 130 | 143 | 137) ;;
        *) cat "stop-$signal.err"; fail "SIG$signal: exit status $status" ;;
        esac
    done
    [ "$stops" -gt 0 ] || fail "SIG$signal never came before the end"
    same one "stop-$signal"
    echo "SIG$signal: stopped $stops times, same bytes"
done
