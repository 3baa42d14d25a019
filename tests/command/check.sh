#!/bin/sh
# sluice check, as a program: several files, colours, exit statuses.
# usage: check.sh SLUICE
set -u
sluice=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
unset SLUICE_CONFIG_PATH NO_COLOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

cat > good.yaml <<'EOF'
name: good
load:
  module: gaussian-mixture
  components: [{mean: 0, std: 1}]
  splits: {train: 500}
train: {module: flow, layers: [{mixture-cdf: {components: 3}}], epochs: 2}
EOF
printf 'use: good.yaml\ntrain: {epochs: none}\n' > bad.yaml
printf 'use: good.yaml\nname: also\n' > also.yaml

# expect WHAT STATUS WORD COMMAND...: the exit status, and a line that has the word.
expect() {
    what=$1 want=$2 word=$3
    shift 3
    "$@" > out 2>&1
    got=$?
    if [ $got -ne "$want" ] || ! grep -q -e "$word" out; then
        echo "FAIL $what: exit status $got"
        cat out
        failures=$((failures + 1))
    fi
}

# also WHAT WORD: a line of the same output has that word, too.
also() {
    grep -q -e "$2" out && return
    echo "FAIL $1"
    failures=$((failures + 1))
}

expect 'two good files' 0 'also.yaml: ok' "$sluice" check good.yaml also.yaml
also 'the first of them' 'good.yaml: ok'
expect 'a bad one between' 2 'also.yaml: ok' "$sluice" check good.yaml bad.yaml also.yaml
also 'its mistake' 'bad.yaml:2:17: error'
expect 'a missing one' 3 'none.yaml' "$sluice" check none.yaml bad.yaml
also 'and the mistake behind it' 'bad.yaml:2:17: error'
expect 'a missing one in JSON' 3 '"file": "none.yaml"' "$sluice" check --json none.yaml
expect 'an override of each' 2 'command line:1:14' "$sluice" check good.yaml also.yaml train.epochs=x
also 'told once' '^sluice: 1 error$'
expect 'an override that mends' 0 'bad.yaml: ok' "$sluice" check bad.yaml train.epochs=3
"$sluice" check --quiet good.yaml > out 2>&1 || failures=$((failures + 1))
[ -s out ] && echo 'FAIL quiet' && failures=$((failures + 1))

cat > halving.yaml <<'EOF'
use: good.yaml
train: {epochs: "${= 2 * 4}"}
sweep:
  grid: {train.batch_size: [10, 20]}
  objective: {minimize: train.loss}
  halving: {horizon: train.epochs, first: 1, factor: 2}
EOF
expect 'an end of halving that is a reference' 0 '2 runs' "$sluice" check halving.yaml

# On a terminal, which script(1) is one.
if command -v script > /dev/null; then
    escape=$(printf '\033')
    expect 'colours' 2 "$escape\[1;31merror" script -qec "$sluice check bad.yaml" /dev/null
    expect 'colours with an empty NO_COLOR' 2 "$escape\[1;31merror" \
        env NO_COLOR= script -qec "$sluice check bad.yaml" /dev/null
    expect 'no colours' 2 'error: expected' \
        env NO_COLOR=1 script -qec "$sluice check bad.yaml" /dev/null
    grep -q "$escape" out && echo 'FAIL no colours' && failures=$((failures + 1))
fi
expect 'no colours in a pipe' 2 'bad.yaml:2:17: error: expected' "$sluice" check bad.yaml

echo "$failures failures"
[ $failures -eq 0 ]
