#!/bin/sh
# Each kind of module, as 'sluice new-module' writes it, builds against an installed sluice
# without a warning and passes its test.
# usage: modules.sh SLUICE MAKE_IDX
set -eu
. "$(dirname "$0")/support.sh"

for source in "$work"/prefix/share/sluice/templates/*.c.in; do
    kind=$(basename "$source" .c.in)
    name=my-$kind.2
    "$sluice" new-module "$kind" "$name" > new.log || { cat new.log; fail "no new $kind"; }
    grep -q "^$name/$name.c\$" new.log || fail "new-module does not tell what it wrote"
    grep -q -- "-DCMAKE_PREFIX_PATH=$(realpath "$work")/prefix\$" new.log ||
        { cat new.log; fail "new-module does not tell how to build it"; }
    {
        cmake -S "$name" -B "$name/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
            -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic \
            -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wdouble-promotion -Werror"
        cmake --build "$name/build"
        timeout 300 ctest --test-dir "$name/build" --output-on-failure
    } > build.log 2>&1 || { cat build.log; fail "the new $kind is not right"; }
done

# what it refuses
refused() {
    want=$1
    shift
    status=0
    "$sluice" new-module "$@" > out 2> err || status=$?
    [ "$status" = "$want" ] || { cat err; fail "status $status for: $*"; }
    [ ! -s out ] || fail "it writes something for: $*"
}
refused 2 detekt mine
grep -q "did you mean 'detect'?" err || fail "no hint for a kind"
refused 2 figure mine
grep -q "a gnuplot script NAME.gp" err || fail "no word of figures"
refused 2 model mine
grep -q "'sluice new-module train mine' writes both" err || fail "no word of models"
refused 2 detect threshold
refused 2 preprocess standardise
refused 2 detect test
grep -q "'test' is a word of CMake's" err || fail "no word of CMake"
refused 2 detect 2nd
refused 2 detect 'two words'
refused 3 detect my-detect.2
