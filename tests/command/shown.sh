#!/bin/sh
# Names and values out of a user's files reach a terminal spelled out: what it would obey or hide
# is shown as <U+001B>, in whatever command quotes it. usage: shown.sh SLUICE
set -eu
sluice=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLUICE_DATA_DIR
cd "$work"
LC_ALL=C
export LC_ALL
esc=$(printf '\033')
# ESC, DEL, C1's CSI and a letter that turns the direction of writing
obeyed=$(printf '\033\\|\177\|\302\233\|\342\200\256')

fail() {
    cat said >&2
    echo "shown: $*" >&2
    exit 1
}

# shown WHAT: it was printed, and nothing that a terminal obeys
shown() {
    grep -qF -- "$1" said || fail "'$1' was not printed"
    if grep -q "$obeyed" said; then
        fail "the terminal was sent what it obeys"
    fi
}

# says WHAT ARGUMENT...
says() {
    what=$1
    shift
    "$sluice" "$@" > said 2>&1 < /dev/null || :
    shown "$what"
}

awk -v esc="$esc" 'BEGIN {
    srand(5)
    printf "a%s[31m,b\177,c\302\233k,d\342\200\256l,word,class\n", esc
    for (i = 0; i < 120; i++)
        printf "%.4f,%.4f,%.4f,1,%s,%d\n", rand(), rand(), rand(), \
            i % 2 ? "u" esc "[2J" : "v", i % 10 == 0
}' > table.csv
cat > table.yaml << 'END'
name: table
load:
  module: csv
  file: table.csv
  label: class
  one_hot: [word]
  splits: {train: {classes: [0], fraction: 0.6}, test: {classes: [0]}, odd: {classes: [1]}}
train: {module: mahalanobis}
calibrate: {module: quantile, q: 0.9, split: train}
detect: {module: threshold, normal: test, anomalous: odd}
figures: []
END
sed 's/0\.1[0-9]*,/1\x1b[5m,/' table.csv > number.csv
sed '2,40s/^[0-9.]*//' table.csv > gap.csv
sed "s/v,/$esc]0;,/" table.csv > word.csv
sed "1s/a$esc/q/" table.csv > column.csv
sed "1s/^/extra$esc,/; 2,\$s/^/0,/" table.csv > more.csv
sed "s/1\$/no$esc/" table.csv > label.csv


# What a run says and what its record holds.
says "there are a<U+001B>[31m, b<U+007F>, c<U+009B>k, d<U+202E>l" \
    run table.yaml load.label=nothing
says "one value in split 'train': 'd<U+202E>l'" run table.yaml --out results
says "'b<U+007F>': not a number: '1<U+001B>[5m'" \
    run table.yaml load.file=number.csv --out number
says "'a<U+001B>[31m' of row " run table.yaml load.file=gap.csv load.missing=keep --out gap
says "'a<U+001B>[31m' of row " show gap
if command -v h5dump > /dev/null; then
    h5dump -a /reason gap/runs/*/run.h5 > said
    shown "'a<U+001B>[31m' of row "
fi
says "a label is a whole number" run table.yaml load.file=label.csv --out label
for how in --quiet "--log json"; do
    # shellcheck disable=SC2086
    says "'a<U+001B>[31m' of row " run table.yaml load.file=gap.csv load.missing=keep --out sweep \
        --sweep calibrate.q=0.8,0.9 --retry-failed $how
done
says "'a<U+001B>[31m' of row " show sweep
says "'a<U+001B>[31m' of row " list sweep --csv

# What apply says of new rows.
says "'u<U+001B>[2J'" apply results word.csv
says "is '1<U+001B>[5m', not a number" apply results number.csv
says "not there: 'a<U+001B>[31m'" apply results column.csv --quiet
says "not used: 'extra<U+001B>'" apply results more.csv --to out.csv
says "nothing<U+001B>.csv" apply results "nothing$esc.csv"
"$sluice" apply results --stream < number.csv > said 2>&1 || :
shown "is '1<U+001B>[5m', not a number"

# A file or a pipe gets names as the data have them, a terminal as they are shown.
"$sluice" apply results table.csv --explain --quiet > piped.csv 2> said
head -n 1 piped.csv | grep -q ",a$esc\\[31m," || fail "a pipe gets another name"
"$sluice" apply results table.csv --explain --quiet --to to.csv 2> said
cmp piped.csv to.csv || fail "a file has other bytes than a pipe"
if script --version 2> /dev/null | grep -q util-linux; then
    for how in "table.csv" "--stream"; do
        script -q -e -c "'$sluice' apply results $how --explain < table.csv" typed > said
        shown ",a<U+001B>[31m,b<U+007F>,c<U+009B>k,d<U+202E>l,word"
    done
fi

echo "shown: ok"
