#!/bin/sh
# Configurations that are wrong, each with exactly what the user must see: NAME.yaml is
# checked (with the words of NAME.words, one a line, as overrides) and NAME.expected is
# standard error. usage: run.sh SLUICE [--accept], which writes the expectations anew.
set -u
sluice=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
accept=${2-}
cd "$(dirname "$0")" || exit 1
unset SLUICE_CONFIG_PATH SLUICE_DATA_DIR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
cases=0

for file in *.yaml; do
    name=${file%.yaml}
    cases=$((cases + 1))
    set --
    if [ -f "$name.words" ]; then
        while IFS= read -r word; do
            set -- "$@" "$word"
        done < "$name.words"
    fi
    "$sluice" check "$file" "$@" > "$work/out" 2> "$work/raw"
    status=$?
    # the search path ends in folders that differ from machine to machine
    sed 's|, /[^ ,]*configs/[^ ,]*||g' "$work/raw" > "$work/err"
    [ "$accept" = --accept ] && cp "$work/err" "$name.expected"
    if [ $status -ne 2 ] || [ -s "$work/out" ] || ! cmp -s "$work/err" "$name.expected"; then
        echo "FAIL $name: exit status $status"
        diff "$name.expected" "$work/err"
        failures=$((failures + 1))
    fi
done
echo "$cases cases, $failures failures"
[ $failures -eq 0 ] && [ $cases -gt 0 ]
