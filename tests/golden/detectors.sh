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
    [ "$(wc -l < a.list)" -eq 17 ] || fail "$1 holds $(wc -l < a.list) files"
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
find some.cache -type f | sort | sed -n '3~3p' | xargs rm
run some some.cache --threads 2
same one some
