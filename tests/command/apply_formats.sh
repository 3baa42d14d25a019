#!/bin/sh
# apply takes rows as they were loaded, whatever their format says a number or a gap with.
# usage: apply_formats.sh SLUICE
set -eu
sluice=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset SLUICE_DATA_DIR

fail() {
    echo "apply_formats: $*" >&2
    exit 1
}

# refused STATUS TEXT ARGUMENT...
refused() {
    want=$1
    text=$2
    shift 2
    status=0
    "$sluice" "$@" > out 2>&1 < /dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "'$*' ended with $status"
    grep -qF -- "$text" out || fail "'$text' was not printed, but: $(cat out)"
}

# ---- text tables ---------------------------------------------------------------------------

awk 'BEGIN {
    print "a,b"
    for (i = 0; i < 60; i++)
        print i * i % 17 + i / 8 "," (i % 10 == 7 ? "NA" : i * 5 % 23 - i / 4)
}' > plain.csv
sed 's/,/|/; s/\./,/g; s/NA/-999/' plain.csv > odd.csv # bars, decimal commas, gaps of -999
gzip -c odd.csv > odd.csv.gz

# train NAME FILE MORE: a run on it
train() {
    cat > "$1.yaml" << END
name: $1
load: {module: csv, file: $2, missing: keep, splits: {train: {choose: first}}$3}
train: {module: pca, components: 1, preprocess: [impute, standardise]}
figures: []
END
    "$sluice" run "$1.yaml" --cache cache --quiet
}
train plain plain.csv ""
train odd odd.csv ", decimal: comma, missing_words: ['-999']"
"$sluice" apply results/plain plain.csv --quiet > want.csv
[ "$(wc -l < want.csv)" -eq 61 ] || fail "not all rows are scored"
for file in odd.csv odd.csv.gz; do
    "$sluice" apply results/odd $file --quiet > got.csv
    cmp want.csv got.csv || fail "$file is read in another way than it was loaded"
done
"$sluice" apply results/odd --stream < odd.csv > got.csv
cmp want.csv got.csv || fail "a stream is read in another way than the file was loaded"
printf '{"a": 1.5, "b": -999}\n{"a": 1.5, "b": null}\n' |
    "$sluice" apply results/odd --stream | sed 's/"row":[01]//' | uniq > got.jsonl
[ "$(wc -l < got.jsonl)" -eq 1 ] || fail "-999 is no gap in JSON: $(cat got.jsonl)"
refused 3 "the model's rows had decimal commas" apply results/odd plain.csv
{ echo 'a|b|a'; echo '1|2|3'; } > twice.csv
refused 2 "twice.csv:1: columns 1 and 3 have the same name 'a'" apply results/odd twice.csv
printf '\377\376a\0' > wide.csv
refused 3 "save it as UTF-8" apply results/odd wide.csv

echo "apply_formats: ok"
