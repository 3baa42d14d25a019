#!/bin/sh
# An ensemble leaves the same bytes with 1 and 4 threads, in a process of its own, from the
# cache and after kills; its members go on from their checkpoints; and it is applied and
# verified like any model. usage: ensemble.sh SLUICE MAKE_IDX
set -eu
sluice=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "ensemble: $*" >&2
    exit 1
}

# run NAME CACHE ARGUMENT...
run() {
    name=$1
    cache=$2
    shift 2
    "$sluice" run "$here/ensemble.yaml" --quiet --out "$name" --cache "$cache" "$@"
}

# same A B: run.h5 and the models of both are there and equal
same() {
    (cd "$1" && find runs models -name '*.h5' | sort) > a.list
    (cd "$2" && find runs models -name '*.h5' | sort) > b.list
    [ "$(wc -l < a.list)" -eq 2 ] || fail "$1 holds $(wc -l < a.list) files"
    cmp -s a.list b.list || fail "$1 and $2 hold different files"
    while read -r file; do
        cmp "$1/$file" "$2/$file" || fail "$file differs between $1 and $2"
    done < a.list
}

began=$(date +%s%N)
run one one.cache --threads 1
nanoseconds=$(($(date +%s%N) - began))
run four four.cache --threads 4
same one four
run apart apart.cache --threads 2 --isolate
same one apart
rm -rf again
run again one.cache --threads 4
same one again

# members that were trained before go on from where they ended
longer=train.members.0.model.autoencoder.epochs=25
run longer one.cache --threads 2 $longer
run at-once at-once.cache --threads 2 $longer
same longer at-once

# stopped and killed in the middle, each time a little later
later=$(awk "BEGIN {t = $nanoseconds / 10e9; print (t > 0.01) ? t : 0.01}")
for signal in INT KILL; do
    stops=0
    delay=0
    while :; do
        delay=$(awk "BEGIN {print $delay + $later}")
        status=0
        timeout --foreground -s "$signal" "$delay" "$sluice" run "$here/ensemble.yaml" \
            --quiet --out "stop-$signal" --cache "stop-$signal.cache" --threads 2 \
            2> stop.err || status=$?
        [ "$status" -eq 0 ] && break
        stops=$((stops + 1))
        [ "$stops" -lt 200 ] || fail "SIG$signal: no end after 200 stops"
        case $status in
        124 | 130 | 137) ;;
        *) cat stop.err; fail "SIG$signal: exit status $status" ;;
        esac
    done
    [ "$stops" -gt 0 ] || fail "SIG$signal never came before the end"
    same one "stop-$signal"
    echo "SIG$signal: stopped $stops times, same bytes"
done

"$sluice" verify one --quiet > said || fail "verify: $(cat said)"
grep -q "the same bytes" said || fail "verify: $(cat said)"

# new rows: two in the clusters, one far off
printf '0,0,0\n8,-4,2.4\n30,20,-40\n' > rows.csv
for threads in 1 4; do
    "$sluice" apply one rows.csv --threads $threads --quiet --to rows-$threads.csv
done
cmp rows-1.csv rows-4.csv || fail "apply gives other bytes with 4 threads"
awk -F, '{gsub("\r", "")} NR == 1 {for (i = 1; i <= NF; i++) if ($i == "flagged") f = i}
    NR > 1 {printf "%s", $f}' rows-1.csv > flags
[ "$(cat flags)" = 001 ] || fail "apply flags $(cat flags): $(cat rows-1.csv)"
