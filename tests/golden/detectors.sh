#!/bin/sh
# Detectors leave the same bytes with 1 and 4 threads, from the cache, and when some of the
# work was done before. usage: detectors.sh SLUICE MAKE_IDX
set -eu
sluice=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$here/../../configs" configs

fail() {
    echo "detectors: $*" >&2
    exit 1
}

# run NAME CACHE ARGUMENT...
run() {
    name=$1
    cache=$2
    shift 2
    "$sluice" run "$here/detectors.yaml" --quiet --out "$name" --cache "$cache" "$@" ||
        fail "$name: exit status $?"
}

# same A B: run.h5, the models and the sweep of both are there and equal
same() {
    (cd "$1" && find runs models plans -name '*.h5' | sort) > a.list
    (cd "$2" && find runs models plans -name '*.h5' | sort) > b.list
    [ "$(wc -l < a.list)" -eq 21 ] || fail "$1 holds $(wc -l < a.list) files"
    cmp -s a.list b.list || fail "$1 and $2 hold different files"
    while read -r file; do
        cmp "$1/$file" "$2/$file" || fail "$file differs between $1 and $2"
    done < a.list
}

run one one.cache --threads 1
run four four.cache --threads 4
same one four
rm -rf again
run again one.cache --threads 4
same one again

# a sweep that was stopped has some runs and a part of the cache
run some some.cache --threads 2
rm -rf some/plans some/latest
find some/runs -name run.h5 | sort | sed -n '2~3p' | xargs rm
find some.cache -type f | sort | sed -n '2~2p' | xargs rm
run some some.cache --threads 2
same one some

# rows of which a byte changed are told and made again; who only looks tells and keeps
rows=$(find one.cache/data -name '*.bin' | head -n 1)
[ -n "$rows" ] || fail "no rows are in the cache"
printf '\001\002\003' | dd of="$rows" bs=1 seek=40 conv=notrunc 2> /dev/null
"$sluice" run "$here/detectors.yaml" --threads 2 --out other --cache one.cache \
    > /dev/null 2> told || fail "on damaged rows: exit status $?"
grep -q "$rows' is damaged and counts as missing" told || fail "damaged rows were not told"
same one other
step=$(find one.cache/steps -name '*.h5' | head -n 1)
printf '\001\002\003' | dd of="$step" bs=1 seek=300 conv=notrunc 2> /dev/null
"$sluice" plan "$here/detectors.yaml" seed=77 --why load --out other --cache one.cache \
    > /dev/null 2> told || fail "plan --why: exit status $?"
grep -q "$step' is damaged" told || fail "plan --why was quiet about a damaged step"
[ -f "$step" ] || fail "plan --why removed a step"
