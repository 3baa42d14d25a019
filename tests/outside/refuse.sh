#!/bin/sh
# What an object from outside may do wrong is told, with status 2 or 3, and loads nothing.
# usage: refuse.sh SLUICE MAKE_IDX
set -eu
. "$(dirname "$0")/support.sh"
flags=$(PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig pkg-config --cflags --libs sluice)

# compile NUMBER NAME: NAME.so
compile() {
    # shellcheck disable=SC2086
    $CC -DBROKEN="$1" -o "$2.so" "$here/broken.c" $flags
}

# refused STATUS WORDS: by --module and, at its place, by a file
refused() {
    status=0
    timeout 60 "$sluice" describe fine --module ./object.so > out 2> err || status=$?
    [ "$status" = "$1" ] || { cat err; fail "status $status, not $1, for: $2"; }
    grep -qF -- "$2" err || { cat err; fail "it does not say: $2"; }
    printf 'name: x\nmodules:\n  - object.so\nload: {module: idx}\n' > file.yaml
    status=0
    timeout 60 "$sluice" check file.yaml > out 2> err || status=$?
    [ "$status" = 2 ] || { cat err; fail "status $status in a file, for: $2"; }
    grep -q '^file.yaml:3:5: error: ' err || { cat err; fail "not at its place: $2"; }
    grep -qF -- "$2" err || { cat err; fail "a file does not say: $2"; }
}

# broken NUMBER STATUS WORDS
broken() {
    compile "$1" object
    refused "$2" "$3"
}

compile 0 object
timeout 60 "$sluice" describe fine --module object > out || fail "the whole one is refused"
grep -q '^from object.so, version 1, sha256 [0-9a-f]\{64\}$' out || fail "no origin"
sha=$(sha256sum object.so | cut -d' ' -f1)
grep -q "$sha" out || fail "another SHA-256 than the file's"
SLUICE_MODULE_PATH=$work timeout 60 "$sluice" list modules --csv > out
grep -q "^detect,fine,$work/object.so,1,nothing,$sha" out || fail "list modules lacks it"
grep -q '^detect,threshold,built in,' out || fail "list modules lacks a built-in one"
SLUICE_MODULE_PATH=$work timeout 60 "$sluice" describe fine | grep -q '^  count ' ||
    fail "describe does not look on the search path"
# nor does a folder of that name, as new-module makes one, stand in the way
mkdir beside beside/object
(cd beside && SLUICE_MODULE_PATH=$work timeout 60 "$sluice" describe fine --module object) > out ||
    fail "a folder is taken for an object"

broken 1 2 'crashed with SIGSEGV (Segmentation fault)'
broken 2 2 'takes longer than 5 seconds'
broken 3 2 'has no name that matches'
broken 4 2 'has no name that matches'
broken 5 2 "detect module 'fine': its 'run' is NULL"
broken 6 2 "detect module 'threshold': there is one already, built in"
broken 7 2 "detect module 'fine': it is there twice"
broken 8 2 "the default of key 'count' is wrong: expected an integer in 1..10, got '11'"
broken 9 2 "the default of key 'word' is word 2, and there are 2"
broken 10 2 "the default of key 'sizes' is wrong: expected an integer"
broken 11 2 'does the table end in SL_FIELD_END?'
broken 12 2 "lies outside its struct, which has 8 bytes"
broken 13 2 'crashed with SIGSEGV'
broken 14 2 'there is no table 99'
broken 15 2 'built for interface 7 of modules, and this sluice has'
broken 16 2 "exports no table 'sl_exports'"
broken 17 2 'exports an empty table'
broken 18 3 'undefined symbol: sl_nobody_has_this'
broken 19 2 'built with headers of another sluice'
broken 20 2 "the default of key 'layer' is wrong: unknown activation 'rellu'; did you mean 'relu'?"
broken 21 2 "layer 'fine': its class has"
broken 22 2 'ended the process with status 5'
broken 23 2 "detect module 'fine': it has no summary"
broken 24 2 "key 'count' is there twice"

# cut off, in the middle of what the loader maps
compile 0 whole
size=$(stat -c %s whole.so)
for part in 2 4 8; do
    head -c $((size / part)) whole.so > object.so
    status=0
    timeout 60 "$sluice" describe fine --module ./object.so > out 2> err || status=$?
    case $status in
    2 | 3) ;;
    *) cat err; fail "status $status for a file that is cut off" ;;
    esac
    grep -q "module './object.so'" err || fail "a file that is cut off is not named"
done
: > object.so
refused 3 'file too short'
seq 1000 > object.so
refused 3 'invalid ELF header'
rm object.so
refused 3 "no module '"

# the same name from two objects: both places
compile 0 object
compile 0 other
printf '\n' >> other.so
status=0
timeout 60 "$sluice" check --module object.so --module ./other.so /dev/null 2> err || status=$?
[ "$status" = 2 ] || fail "status $status for a name that is there twice"
grep -q "module './other.so': detect module 'fine': there is one already, from 'object.so'" err ||
    { cat err; fail "both places of a name are not told"; }
# the same object twice is one
timeout 60 "$sluice" describe fine --module object.so --module ./object.so > out || fail "twice"
[ "$(grep -c '^from ' out)" = 1 ] || fail "an object that is named twice is there twice"

# ${CC} -ffast-math turns on flush-to-zero while it is loaded
if [ "$(uname -m)" = x86_64 ]; then
    # shellcheck disable=SC2086
    $CC -DBROKEN=0 -ffast-math -o object.so "$here/broken.c" $flags
    timeout 60 "$sluice" describe fine --module object.so > out 2> err
    case $($CC --version) in
    *clang*) ;;
    *) grep -q 'warning: .*turned on flush-to-zero' err || { cat err; fail "no word of flush-to-zero"; } ;;
    esac
fi
