#!/bin/sh
# SPDX-License-Identifier: MIT
# What the house style asks for and a machine can see. One line for each offence, in the
# form file:line: text; exit status 1 if there is one.
set -eu
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL

sources=$(find runner modules tests -name '*.[ch]' | sort)
found=$(mktemp)
trap 'rm -f "$found"' EXIT

# Includes run downwards: from command to base, and from modules/ to what they may see.
awk '
BEGIN {
    n = split("base parallel tensor config sweep store pipeline plot command", rooms)
    for (i = 1; i <= n; i++)
        level[rooms[i]] = i
}
FNR == 1 { split(FILENAME, here, "/") }
$1 != "#include" { next }
# A library has one user among the rooms.
$2 ~ /<(yaml|cblas|hdf5)\.h>/ && here[1] != "tests" {
    owner = $2 ~ /yaml/ ? "config" : $2 ~ /cblas/ ? "tensor" : "store"
    if (here[1] != "runner" || here[2] != owner)
        print FILENAME ":" FNR ": only runner/" owner " includes " $2
}
$2 !~ /^"/ || here[1] == "tests" || FILENAME == "runner/main.c" { next }
{
    gsub(/"/, "", $2)
    split($2, there, "/")
}
there[1] == "runner" && !(there[2] in level) {
    print FILENAME ":" FNR ": " $2 " stands in no known room"
    next
}
here[1] == "runner" && (there[1] != "runner" || level[there[2]] > level[here[2]]) {
    print FILENAME ":" FNR ": runner/" here[2] " does not see " $2
}
here[1] == "modules" && there[1] == "runner" && level[there[2]] >= level["pipeline"] \
    && $2 !~ /^runner\/pipeline\/(stage|model|submodel|preprocess|reader|row_fields)\.h$/ {
    print FILENAME ":" FNR ": a module does not see " $2
}
here[1] == "modules" && there[1] == "modules" && there[2] != "learn" \
    && here[2] != "modules.c" {
    print FILENAME ":" FNR ": modules do not include each other: " $2
}
' $sources >>"$found"

awk '
FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" {
    print FILENAME ":1: the first line is the SPDX line"
}
FNR == 601 { print FILENAME ":601: files are split at 600 lines" }
/TODO|FIXME|(^|[^X])XXX([^X]|$)/ { print FILENAME ":" FNR ": unfinished" }
' $sources >>"$found"

if command -v clang-format-14 >/dev/null; then
    clang-format-14 --dry-run $sources 2>&1 | grep 'warning:' >>"$found" || :
else
    echo 'check-style: no clang-format-14; formatting is not checked' >&2
fi

cat "$found"
[ ! -s "$found" ]
