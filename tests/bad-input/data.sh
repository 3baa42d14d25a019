#!/bin/sh
# Bad data of the user's own get one clear message with its place and exit status 3, before
# any training; a wrong configuration of them 2. usage: data.sh SLUICE
set -u
sluice=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset SLUICE_DATA_DIR

cat > experiment.yaml << 'END'
name: bad
load: {module: csv, file: t.csv, splits: {train: {fraction: 0.8}, test: {}}}
train: {module: autoencoder, encoder: [2], epochs: 1, batch_size: 2, output: tanh}
figures: []
END

complain() {
    echo "FAIL $name: $*"
    echo "$name" >> failures # cases run in subshells, too
}

# expect NAME STATUS WORDS ARGUMENT...: runs and compares exit status and message
expect() {
    name=$1 want=$2 words=$3
    shift 3
    rm -rf out cache
    timeout 60 "$sluice" run experiment.yaml --quiet --out out --cache cache "$@" \
        > stdout 2> stderr
    got=$?
    [ "$got" -eq "$want" ] || complain "exit status $got, not $want: $(cat stderr)"
    grep -qF -- "$words" stderr || complain "no '$words' in: $(cat stderr)"
    find out cache -name '*.part' 2> /dev/null | grep -q . && complain "left: $(find out cache)"
    # a run that failed is recorded as one
    [ "$want" -eq 1 ] || ! find out -name run.h5 2> /dev/null | grep -q . || complain "left a run.h5"
    return 0
}

# csv NAME WORDS ARGUMENT...: the table on standard input ends in status 3
csv() {
    cat > t.csv
    name=$1 words=$2
    shift 2
    expect "$name" 3 "$words" "$@"
}

rows() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print i "," i * i % 7 }'; }

rm -f t.csv
expect missing 3 "file 't.csv' is not there"
csv empty "'t.csv' is empty" < /dev/null
echo 'a,b' | csv header-alone "has no rows"
{ echo 'a,b'; rows 9; echo 5; } | csv ragged "t.csv:11: 1 field, expected 2"
{ echo 'a,b'; rows 3; echo '1,"2'; rows 3; } | csv open-quote "t.csv:5: a quote is never closed"
{ echo 'a,b'; echo '1,"2"3'; } | csv stray-quote "t.csv:2: a quote within a field"
{ echo 'a;b'; echo '1,5;2'; } | csv decimal-comma "t.csv:2:1: 'a': not a number: '1,5'; a decimal comma?"
{ echo 'a;b'; echo '1.000,5;2'; } | csv thousands "separators of thousands"
{ echo 'a,b'; echo '0x1F,2'; } | csv hexadecimal "hexadecimal"
{ echo 'a,b'; echo '5%,2'; } | csv percent "a percentage?"
{ echo 'a,b'; echo '1,2'; echo 'NA,3'; echo ',3'; } | csv gap "t.csv:3:1: 'a' is missing; 2 rows lack 2 values"
{ echo 'a,b'; echo '1,-inf'; } | csv infinite "values have to be finite"
{ echo 'a,b'; echo '1,1e400'; } | csv overflow "t.csv:2:2: 'b': too large"
{ echo 'a,b'; echo '1,red'; } | csv word "t.csv:2:2: 'b': not a number: 'red'; 'one_hot'"
{ echo 'a,a'; rows 9; } | csv same-names "columns 1 and 2 have the same name"
rows 9 | csv no-header "'header: false'"
{ echo 'a,b'; rows 3; printf '1\0,2\n'; } | csv nul "holds NUL bytes"
printf '\377\376a\0,\0' | csv utf-16 "save it as UTF-8"
{ echo 'a,b'; printf '1,'; head -c 10000000 /dev/zero | tr '\0' '1'; } |
    csv long-line "t.csv:2: the row is longer than 1 MiB"
{ echo 'a,b'; rows 1; } | csv one-row "split 'test' is empty"
{ echo 'a,b'; rows 9; } | csv no-column "did you mean 'b'" load.columns=[bb]

{ echo 'a,y'; echo '1,ok'; echo '2,NA'; } |
    csv label-gap "t.csv:3:2: 'y': a row without a label" load.label=y load.normal=[ok]

# gzip: by its magic, whatever its name
{ echo 'a,b'; rows 2000; } > t.csv
gzip -c t.csv | head -c 3000 > cut.csv
expect truncated-gzip 3 "'cut.csv': the gzip data is truncated" load.file=cut.csv
{ gzip -c t.csv; gzip -c t.csv; } > two.csv
expect two-members 3 "a second gzip member" load.file=two.csv

# NumPy
npy() {
    name=$1 words=$2
    shift 2
    cat > t.npy
    expect "$name" 3 "$words" "load=!replace {module: npz, file: t.npy, splits: {train: {}}}" "$@"
}
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}" |
    npy objects "never a pickle"
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}" |
    npy negative "no whole number from 0 on"
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 9)}" |
    npy promises "the header promises 72000000 bytes behind it; 0 are there"
printf '\223NUMPY\011\000\166\000%-117s\n' "{}" | npy version "version 9.0"
printf '\223NUMPY\002\000\377\377\377\377{}' | npy long-header "within its header"
echo "a,b" | npy no-array "'t.npy': "
printf 'PK\003\004 and nothing' | npy no-zip "'t.npy': "

# HDF5
echo "no hdf5" > t.h5
expect no-hdf5 3 "'t.h5' can't be opened" "load=!replace {module: hdf5, file: t.h5, x: /x, splits: {train: {}}}"

# pictures
mkdir -p none
expect no-pictures 3 "holds no .png file" "load=!replace {module: images, file: none, splits: {train: {}}}"
mkdir -p bad && echo "no picture" > bad/a.png
expect no-picture 3 "'bad/a.png' is no PNG file" "load=!replace {module: images, file: bad, splits: {train: {}}}"
expect no-folder 3 "file 'nowhere' is not there" "load=!replace {module: images, file: nowhere, splits: {train: {}}}"

# configuration
{ echo 'a,b,c'; awk 'BEGIN { for (i = 0; i < 50; i++) print i "," i % 7 "," i % 3 }'; } > t.csv
expect no-file 2 "required key 'file' is missing" 'load=!replace {module: csv, splits: {train: {}}}'
expect two-files 2 "one of them names the data" 'load.files={a: {file: t.csv}}'
expect labels-apart 2 "'label' names their column" load.labels=t.csv
expect sum 2 "the fractions of the splits sum to 1.2" load.splits.test.fraction=0.4
expect from-nothing 2 "'files' has no entry of that name" load.splits.test.from=b
expect fold-of-none 2 "say how many folds there are" load.splits.test.fold=this
expect fold-range 2 "folds are numbered 0 to 4" load.folds=5 load.fold=5
expect values-of-none 2 "'split_by'" 'load.splits.test.values=[a]'
expect dirt 2 "say its own with 'classes'" load.splits.test.contamination=0.1
expect no-step 2 "did you mean 'standardise'" 'train.preprocess=[standardize]'

# what is fitted, before the first batch
{ echo 'a,b'; rows 20; echo 'NA,3'; } > t.csv
expect gap-in-training 3 "is missing" load.missing=error
expect gap-not-filled 1 "preprocess: [impute, ...]" load.missing=keep \
    'train.preprocess=[standardise]' 'load.splits=!replace {train: {}}'
expect gap-not-seen 1 "preprocess: [impute, ...]" load.missing=keep 'load.splits=!replace {train: {}}'
{ echo 'a,b'; awk 'BEGIN { for (i = 0; i < 30; i++) print "4,5" }'; } > t.csv
expect all-equal 1 "no direction to whiten" 'train.preprocess=[whiten]'

# what the file's columns alone can tell
{ echo 'a,b'; rows 30; } > t.csv
expect axes 1 "there are 2 columns, and so no 3 axes" 'train=!replace {module: pca, components: 3}'

# splits that are sure to share rows, before any is read
rm t.csv
expect shared 2 "share 5 rows" 'load.splits=!replace {train: {choose: first, count: 20}, test: {choose: first, skip: 15, count: 9}}'
expect nothing-left 2 "'train' takes all rows" 'load.splits=!replace {train: {}, test: {count: 1}}'

[ ! -s failures ] || exit 1
echo "bad data: each has its message"
