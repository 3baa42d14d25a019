#!/bin/sh
# Bad input gets one clear message and the right exit status, and leaves no half-written
# file. usage: run.sh SLUICE MAKE_IDX
set -u
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
file=$here/../golden/experiment.yaml
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
export SLUICE_DATA_DIR="$work/data"
data=$work/data/waves

fresh() {
    chmod -R u+w "$work"/* 2> /dev/null
    rm -rf "$work"/*
    mkdir -p "$data"
    "$make_idx" "$data"
}

complain() {
    echo "FAIL $name: $*"
    failures=$((failures + 1))
}

# expect NAME STATUS WORDS ARGUMENT...: runs and compares exit status and message
expect() {
    name=$1 want=$2 words=$3
    shift 3
    "$sluice" run "$file" --quiet --out out --cache cache "$@" > stdout 2> stderr
    got=$?
    [ "$got" -eq "$want" ] || complain "exit status $got, not $want: $(cat stderr)"
    grep -qF -- "$words" stderr || complain "no '$words' in: $(cat stderr)"
    find out cache -name '*.part' 2> /dev/null | grep -q . && complain "left: $(find out cache)"
    find out -name run.h5 2> /dev/null | grep -q . && complain "left a run.h5"
    return 0
}

fresh
rm "$data/train-images-idx3-ubyte"
expect missing 3 "'waves' has no file 'train-images-idx3-ubyte'"

fresh
head -c 1000 "$data/train-images-idx3-ubyte" > t && mv t "$data/train-images-idx3-ubyte"
expect truncated 3 "train-images-idx3-ubyte"

fresh
head -c 7 "$data/train-images-idx3-ubyte" > t && mv t "$data/train-images-idx3-ubyte"
expect no-header 3 "truncated"

fresh
echo "this is no image" > "$data/test-images-idx3-ubyte"
expect foreign 3 "test-images-idx3-ubyte"

fresh
printf '\000\000\010\003\377\377\377\377\377\377\377\377\377\377\377\377' > "$data/train-images-idx3-ubyte"
expect promises-too-much 3 "train-images-idx3-ubyte"

fresh
cp "$data/test-labels-idx1-ubyte" "$data/train-labels-idx1-ubyte"
expect labels-do-not-match 3 "train-labels-idx1-ubyte"

fresh
zeros=0000000000000000000000000000000000000000000000000000000000000000
expect wrong-hash 3 "SHA-256" "load.datasets.waves.parts.train.images.sha256='$zeros'"

fresh
gzip "$data/train-images-idx3-ubyte"
head -c 9000 "$data/train-images-idx3-ubyte.gz" > t
mv t "$data/train-images-idx3-ubyte.gz"
expect truncated-gzip 3 "train-images-idx3-ubyte.gz"

fresh
expect misspelt-key 2 "did you mean 'encoder'" train.encodr=[3]
expect wrong-type 2 "'many'" train.epochs=many
expect out-of-range 2 "train.epochs=0" train.epochs=0
expect layer-does-not-fit 2 "error:" "train.activation={dense: {units: 5}}" "train.output={dense: {units: 5}}"
expect unknown-module 2 "did you mean 'idx'" load.module=idz
expect unknown-split 2 "did you mean 'test'" detect.normal=tset
expect overlap 3 "share" load.splits.train.choose=first load.splits.validation.choose=first
expect empty-split 3 "no row of 'waves/test' has class 7" "load.splits.test.classes=[7]"
expect batch-too-large 2 "batch_size" train.batch_size=5000
expect both-told 2 "detect.normal=tset" train.epochs=0 detect.normal=tset
grep -q "train.epochs=0" stderr || complain "only one of two mistakes told"
expect bad-option 2 "did you mean '--threads'" --thread 3
expect bad-number 2 "--threads takes a whole number" --threads many

# a results folder that can't be made or written
fresh
touch out
expect out-is-a-file 3 "out"
fresh
if [ "$(id -u)" -ne 0 ]; then
    mkdir out && chmod a-w out
    expect out-not-writable 3 "out"
fi
expect out-in-proc 3 "/proc/none" --out /proc/none

# somebody else holds it
fresh
mkdir out
(
    flock 9
    name=locked
    "$sluice" run "$file" --quiet --out out --cache cache > stdout 2> stderr
    got=$?
    [ "$got" -eq 3 ] || complain "exit status $got"
    grep -q "in use by" stderr || complain "$(cat stderr)"
    [ "$failures" -eq 0 ]
) 9> out/.lock || failures=$((failures + 1))

# a disk that is full: by a limit on the size of files, and, where mounting is allowed, on a
# small file system; then the same command, with room, does what is missing
fresh
name=file-size-limit
(
    ulimit -f 40
    trap '' XFSZ
    "$sluice" run "$file" --quiet --out out --cache cache > stdout 2> stderr
    got=$?
    [ "$got" -eq 3 ] || complain "exit status $got: $(cat stderr)"
    [ "$failures" -eq 0 ]
) || failures=$((failures + 1))
find out cache -name '*.part' 2> /dev/null | grep -q . && complain "left: $(find out cache)"
"$sluice" run "$file" --quiet --out out --cache cache || complain "does not go on"

fresh
name=full-disk
if unshare -m true 2> /dev/null; then
    mkdir small
    for size in 24k 120k 350k 420k 500k; do
        SLUICE=$sluice FILE=$file SIZE=$size unshare -m sh -c '
            mount -t tmpfs -o size=$SIZE none small || exit 77
            "$SLUICE" run "$FILE" --quiet --out small/out --cache small/cache 2> stderr
            got=$?
            [ $got -eq 0 ] && exit 0
            find small -name "*.part" | grep -q . && exit 99
            find small -name run.h5 | grep -q . && exit 98
            exit $got'
        got=$?
        case $got in
        77) break ;;
        3) grep -q "No space left" stderr || complain "$size: $(cat stderr)" ;;
        *) complain "$size: exit status $got: $(cat stderr)" ;;
        esac
    done
fi

[ "$failures" -eq 0 ] && echo "all messages and statuses as expected"
exit "$failures"
