#!/bin/sh
# resolve, explain, new, schema and __complete: what they print, and what they refuse.
# usage: files.sh SLUICE
set -eu
sluice=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
errors=$(cd "$(dirname "$0")/../config-errors" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset SLUICE_CONFIG_PATH SLUICE_PLOT_PATH SLUICE_DATA_DIR SLUICE_CACHE

fail() {
    echo "files: $*" >&2
    exit 1
}

# has TEXT: it is in what was printed last, blanks folded
has() {
    tr -s ' ' < out | grep -qF -- "$1" || {
        cat out >&2
        fail "'$1' was not printed"
    }
}

hasnt() {
    if grep -qF -- "$1" out; then
        cat out >&2
        fail "'$1' was printed"
    fi
}

# refused STATUS TEXT ARGUMENT...
refused() {
    want=$1
    text=$2
    shift 2
    status=0
    "$sluice" "$@" > out 2>&1 || status=$?
    [ "$status" -eq "$want" ] || fail "'$*' ended with $status"
    has "$text"
}

# ---- new

for template in anomaly flow sweep; do
    "$sluice" new "ideas/my-$template" --from $template > out
    has "sluice run ideas/my-$template/experiment.yaml"
    "$sluice" check --quiet ideas/my-$template/experiment.yaml || fail "$template is wrong"
    grep -qx "name: my-$template" ideas/my-$template/experiment.yaml || fail "no name"
done
cp ideas/my-flow/experiment.yaml before.yaml
refused 2 'is there already' new ideas/my-flow --from sweep
cmp before.yaml ideas/my-flow/experiment.yaml || fail "a file was overwritten"
refused 2 'there are anomaly, flow, sweep' new other
refused 2 "did you mean 'flow'?" new other --from flwo
refused 2 'must match' new 'ideas/a b' --from flow
refused 2 'must match' new ideas/ --from flow
[ ! -e other ] || fail "a refused file has left a folder"
: > file
refused 3 'file' new file/x --from flow
# of one's own, by the folder that configurations are sought in first
mkdir -p configs/template
sed 's/^description:.*/description: mine/' before.yaml > configs/template/mine.yaml
"$sluice" new own --from mine > out
grep -qx 'description: mine' own/experiment.yaml || fail "the template is another one"

# ---- resolve: what it prints is a file that gives the same keys

flow=ideas/my-flow/experiment.yaml
cat > base.yaml << 'END'
train: {epochs: 3, optimizer: {adam: {lr: 0.1, beta1: 0.8}}}
END
cat > small.yaml << 'END'
use: [ideas/my-flow/experiment.yaml, base.yaml]
name: small
train: {epochs: 2}
figures: []
END
"$sluice" resolve small.yaml train.batch_size=500 > out
cp out resolved.yaml
has 'epochs: 2 # small.yaml:3'
has 'lr: 0.1 # base.yaml:1'
has 'beta2: 0.999 # default'
has 'batch_size: 500 # command line'
has 'module: flow # ideas/my-flow/experiment.yaml:'
"$sluice" run small.yaml train.batch_size=500 --quiet --threads 1
mkdir elsewhere
cp resolved.yaml elsewhere
(cd elsewhere && "$sluice" plan resolved.yaml --out ../results/small --cache ../none) > out
has '1 run, 1 recorded already'
"$sluice" resolve resolved.yaml | sed 's/ *# .*//' > again
sed 's/ *# .*//' resolved.yaml | cmp - again || fail "resolving again changes the file"
"$sluice" resolve small.yaml --json > out
python3 - out << 'END'
import json, sys
out = json.load(open(sys.argv[1]))
assert out["config"]["train"]["epochs"] == 2, out
assert out["config"]["train"]["optimizer"]["adam"]["lr"] == 0.1, out
assert out["origins"]["train.epochs"] == {"from": "file", "file": "small.yaml", "line": 3, "column": 17}, out
assert out["origins"]["train.optimizer.adam.beta2"] == {"from": "default"}, out
END
# a sweep stays a sweep
sweep=ideas/my-sweep/experiment.yaml
"$sluice" resolve $sweep train.epochs=1 > swept.yaml
"$sluice" plan $sweep train.epochs=1 > out
has '12 points, 36 runs, 0 recorded'
"$sluice" run $sweep train.epochs=1 --quiet --threads 2
"$sluice" plan swept.yaml > out
has '12 points, 36 runs, 36 recorded already'
cat > choose.yaml << 'END'
use: [{model: spline-flow-2d}]
name: choose
load: {module: density-2d, density: moons, splits: {train: 5000}}
sweep: {grid: {use.model: [spline-flow-2d]}}
END
refused 2 "'~sweep' use.model=NAME" resolve choose.yaml
"$sluice" resolve choose.yaml '~sweep' > out
has 'set: even'
# mistakes are told as check tells them
refused 2 "did you mean 'epochs'?" resolve small.yaml train.epoch=3
refused 3 'nowhere.yaml' resolve nowhere.yaml
# what is between a value and its file: references, and variables that a file declares
cat > made.yaml << 'END'
use: [small.yaml]
env: [SLUICE_TEST_LR]
name: made
description: costs $${HOME}
train: {epochs: "${= 2 * sample.count / 10}", optimizer: {adam: {lr: "${env:SLUICE_TEST_LR}"}}}
sample: {count: 10}
END
SLUICE_TEST_LR=0.25 "$sluice" resolve made.yaml > out
has 'epochs: 2 # made.yaml:5, ${= 2 * sample.count / 10}'
has 'lr: 0.25 # made.yaml:5, ${env:SLUICE_TEST_LR}'
has 'description: "costs $${HOME}"'

# ---- explain

"$sluice" explain small.yaml train.epochs train.epochs=7 > out
has 'train.epochs: 7'
has 'takes 1..1000000'
has 'default 10'
tr -s ' ' < out | tail -n 4 > history
cat > wanted << END
 $flow:$(grep -n '  epochs:' $flow | cut -d: -f1) 30
 base.yaml:1 3
 small.yaml:3 2
 command line 7
END
diff wanted history || fail "the history is another one"
"$sluice" explain small.yaml train.epochs --json > out
python3 - out << 'END'
import json, sys
out = json.load(open(sys.argv[1]))
assert out["value"] == 2 and out["default"] == 10 and out["type"] == "integer", out
assert [h["value"] for h in out["history"]] == [30, 3, 2], out
END
"$sluice" explain small.yaml train.optimizer.adam > out
has 'beta2 0.999 decay of the second moment'
"$sluice" explain small.yaml train.optimizer.adam.beta2 > out
tail -n 1 out | grep -qx '    default' || fail 'no default'
"$sluice" explain $sweep train.optimizer.adam.lr > out
has "swept 1e-2, 5e-2, 0.1 ($sweep:"
refused 2 "no key 'train.epoch'; did you mean 'train.epochs'?" explain small.yaml train.epoch
refused 2 "no key 'tran'; did you mean 'train'?" explain small.yaml tran.epochs
refused 2 "'train.epochs' has no keys" explain small.yaml train.epochs.x
refused 2 'usage: sluice explain FILE KEY' explain small.yaml
refused 3 'nowhere.yaml' explain nowhere.yaml seed

# ---- schema: of the modules that there are

"$sluice" schema > out
has '"$schema": "https://json-schema.org/draft/2020-12/schema"'
has '"load.gaussian-mixture"'

# ---- man

"$sluice" man > out
has '.TH "SLUICE" 1'
"$sluice" man run > out
has '\fB\-\-threads\fR \fIN\fR'
"$sluice" man experiment > out
has '.SS "train flow"'
refused 2 "did you mean 'run'?" man rum
refused 2 'for all pages' man run --write pages
refused 3 'file' man --write file
[ ! -e pages ] || fail "a refused command has written pages"

# ---- every word of every usage line, and the value of every option, has a row

"$sluice" __complete -- '' > commands
grep -q '^run	' commands || fail "no command is completed"
if grep -q '^__' commands; then fail "a hidden command is shown"; fi
for command in $(cut -f1 commands | grep -v '^-'); do
    "$sluice" __complete -- "$command" small.yaml small.yaml small.yaml '' > out
    hasnt unknown
    "$sluice" __complete -- "$command" '' > out
    hasnt unknown
    "$sluice" __complete -- "$command" -- > options
    for option in $(cut -f1 options); do
        "$sluice" __complete -- "$command" small.yaml "$option=" > out
        hasnt unknown
    done
done
# a key that is pressed opens no module that a file names
{ cat small.yaml; echo 'modules: [./never-opened.so]'; } > foreign.yaml
"$sluice" __complete -- run foreign.yaml train.ep > out
has 'train.epochs='
refused 2 'never-opened.so' check foreign.yaml
# what is hostile on a command line is of no use, and does no harm
head -c 2000 /dev/zero > zeros.yaml
for file in zeros.yaml / nowhere.yaml commands; do
    "$sluice" __complete -- run $file train. > out || fail "completing $file ended with $?"
    [ ! -s out ] || fail "$file has keys"
done
# a sweep that refers to the file's values is the one that says them
cat > refers.yaml << 'END'
use: small.yaml
seed: 3
env: [HOW_MANY]
sweep:
  any:
    - grid: {train.batch_size: {range: ["${seed}", 9, "${seed}"]}, split_seed: ["${= 2 * train.batch_size}"]}
      exclude: "train.batch_size == ${= seed ** 2}"
    - random: {count: "${env:HOW_MANY}", space: {train.batch_size: {integer: [20, "${= 100 * seed}"]}}}
  repeats: ${seed}
END
cat > says.yaml << 'END'
use: small.yaml
seed: 3
sweep:
  any:
    - list: [{train.batch_size: 3, split_seed: 6}, {train.batch_size: 6, split_seed: 12}]
    - random: {count: 4, space: {train.batch_size: {integer: [20, 300]}}}
  repeats: 3
END
HOW_MANY=4 "$sluice" plan refers.yaml --json > refers.json
"$sluice" plan says.yaml --json > says.json
grep -v '"file"' says.json > says.want
grep -v '"file"' refers.json | cmp - says.want || fail "a sweep of references is another one"
refused 2 "no file declares 'HOW'" check refers.yaml 'sweep.repeats=${env:HOW}'

# who reads may stop early: no word about it, and the status of a broken pipe
until_gone() {
    trap '' PIPE
    while printf x 2> gone; do :; done
}
early() {
    {
        until_gone
        status=0
        "$sluice" "$@" 2> err || status=$?
        echo $status > status
    } | true
    read -r status < status
    [ "$status" -eq 141 ] && [ ! -s err ] || {
        cat err >&2
        fail "'$*' ended with $status where nobody reads"
    }
    [ ! -w /dev/full ] || {
        status=0
        "$sluice" "$@" > /dev/full 2> err || status=$?
        [ "$status" -eq 3 ] && grep -q "can't write to standard output: " err || {
            cat err >&2
            fail "'$*' ended with $status on a full disk"
        }
    }
}
for command in --help --version 'run --help' schema describe 'describe sweep' 'list configs' \
    'list modules --json' 'man run' 'completion bash' 'completion zsh' 'resolve small.yaml' \
    'explain small.yaml train.epochs' 'check small.yaml' 'check small.yaml --json' \
    'plan small.yaml' 'data list' '__complete -- run small.yaml train.'; do
    # shellcheck disable=SC2086
    early $command
done
# what is wrong is still told
{
    until_gone
    status=0
    "$sluice" check small.yaml train.epochs=no --json 2> err || status=$?
    echo $status > status
} | true
[ "$(cat status)" = 2 ] && grep -q '1 error' err || fail "a mistake is lost with the pipe"

# the name of a group's file is near, however many there are
mkdir -p many/configs/model
for i in $(seq 1000 1249); do
    echo 'seed: 1' > "many/configs/model/one-$i.yaml"
done
echo 'seed: 1' > many/configs/model/zebra.yaml
printf 'use: [{model: zebr}]\n' > many/near.yaml
refused 2 "no 'zebr' in group 'model'; did you mean 'zebra'?" check many/near.yaml
printf 'use: [{model: horse}]\n' > many/far.yaml
refused 2 "no 'horse' in group 'model'; there are 25" check many/far.yaml
has "'sluice list configs' has them"

# files that are wrong in every way there is: each is refused, explained or completed
cd "$errors"
for file in *.yaml; do
    status=0
    "$sluice" resolve "$file" > "$work/out" 2>&1 || status=$?
    # some are wrong by their command line alone
    [ "$status" -eq 2 ] || [ -e "${file%.yaml}.words" ] || fail "resolve $file ended with $status"
    for key in train.epochs load.splits sweep.grid nothing.such; do
        status=0
        "$sluice" explain "$file" $key > "$work/out" 2>&1 || status=$?
        [ "$status" -eq 0 ] || [ "$status" -eq 2 ] || fail "explain $file $key ended with $status"
    done
    for word in '' train. train.optimizer. train.optimizer= detect.normal= sweep.; do
        "$sluice" __complete -- run "$file" "$word" > "$work/out" 2>&1 ||
            fail "completing '$word' of $file ended with $?"
    done
done
echo "all is well"
