#!/bin/sh
# Configurations that are wrong, each with exactly what the user must see: NAME.yaml is
# checked (with the words of NAME.words, one a line, as overrides) and NAME.expected is
# standard error; NAME.status is the exit status where it is not 2. NAME.make is a shell script that writes NAME.yaml: for hostile ones that are
# long, of whose messages the first and the last count. None may take more than LIMIT milliseconds of processor time, or more than 50 MB;
# the best of five tries counts, since the machine may have other things to do. LIMIT 0 does
# not measure. usage: run.sh SLUICE MEASURE LIMIT [--accept], which writes the expectations
# anew.
set -u
sluice=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
measure=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
limit=$3
accept=${4-}
cd "$(dirname "$0")" || exit 1
unset SLUICE_CONFIG_PATH SLUICE_DATA_DIR SLUICE_NOT_SET
export SLUICE_TEST_SECRET=do-not-show
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
cases=0
slowest=0
largest=0

fail() {
    echo "FAIL $1"
    failures=$((failures + 1))
}

# Sets ms and kb to what the command takes, by the best of a few tries.
weigh() {
    for _ in 1 2 3 4; do
        read -r ms kb < "$work/used"
        [ "$ms" -le "$limit" ] && return
        "$measure" "$work/used" "$@" > "$work/again" 2>&1
    done
    read -r ms kb < "$work/used"
}

# check NAME FOLDER [WORD]...
check() {
    name=$1
    folder=$2
    shift 2
    cases=$((cases + 1))
    (cd "$folder" && "$measure" "$work/used" "$sluice" check "$name.yaml" "$@" \
        > "$work/out" 2> "$work/raw")
    status=$?
    # the search path ends in folders that differ from machine to machine
    sed 's|, /[^ ,]*configs/[^ ,]*||g' "$work/raw" > "$work/err"
    if [ "$folder" != . ] && [ "$(wc -l < "$work/err")" -gt 40 ]; then
        { sed 15q "$work/err"; echo ...; tail -n 2 "$work/err"; } > "$work/ends"
        mv "$work/ends" "$work/err"
    fi
    [ "$accept" = --accept ] && cp "$work/err" "$name.expected"
    wanted=2
    [ -f "$name.status" ] && read -r wanted < "$name.status"
    if [ $status -ne "$wanted" ] || [ -s "$work/out" ] || ! cmp -s "$work/err" "$name.expected"; then
        fail "$name: exit status $status"
        diff "$name.expected" "$work/err"
    fi
    [ "$limit" -eq 0 ] && return
    here=$PWD
    cd "$folder" || exit 1
    weigh "$sluice" check "$name.yaml" "$@"
    cd "$here" || exit 1
    [ -n "${VERBOSE-}" ] && echo "$name $ms ms $kb KB"
    [ "$ms" -gt "$slowest" ] && slowest=$ms
    [ "$kb" -gt "$largest" ] && largest=$kb
    [ "$ms" -gt "$limit" ] && fail "$name: takes $ms ms"
    [ "$kb" -gt 51200 ] && fail "$name: takes $kb KB"
}

for file in *.yaml; do
    name=${file%.yaml}
    set --
    if [ -f "$name.words" ]; then
        while IFS= read -r word; do
            set -- "$@" "$word"
        done < "$name.words"
    fi
    check "$name" . "$@"
done
ln -s "$PWD/parts" "$work/parts"
for file in *.make; do
    name=${file%.make}
    sh "$file" > "$work/$name.yaml"
    check "$name" "$work"
    rm "$work/$name.yaml"
done
echo "$cases cases, $failures failures; $slowest ms and $largest KB at most"
[ $failures -eq 0 ] && [ $cases -gt 0 ]
