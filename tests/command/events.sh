#!/bin/sh
# run --log json: every line on standard error is one JSON object with a time and an event,
# whatever is told. usage: events.sh SLUICE
set -eu
sluice=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$here/../../configs" configs

fail() {
    echo "events: $*" >&2
    exit 1
}

# told STATUS EVENT TEXT ARGUMENT...: a run's events, one of which is EVENT and has TEXT
told() {
    want=$1 event=$2 text=$3
    shift 3
    status=0
    "$sluice" run --log json --out out --cache cache "$@" > /dev/null 2> events || status=$?
    [ "$status" -eq "$want" ] || fail "$*: exit status $status"
    grep -vE '^\{"time":"[-0-9T:.]*Z","event":"[a-z]*",.*\}$' events &&
        fail "$*: a line is no event"
    grep "\"event\":\"$event\"" events | grep -qF -- "$text" || {
        cat events >&2
        fail "$*: no $event has '$text'"
    }
}

cat > small.yaml <<'END'
name: small
load:
  module: gaussian-mixture
  components: [{mean: 0, std: 1}]
  splits: {train: 200, test: 100}
train: {module: gaussian-mixture, components: 1}
END

told 2 error "unknown key 'component'" small.yaml train.component=2
told 2 error '"file":"command line","line":1,"column":19,"text":"expected an integer' \
    small.yaml load.splits.train=x
told 2 note "it takes the place of" small.yaml load.splits.train=x
told 0 step '"state":"done"' small.yaml
told 0 run '"state":"done"' "$here/../golden/detectors.yaml" '~sweep'
told 1 error "1 of 2 runs are not done" small.yaml \
    train='!replace {module: autoencoder, encoder: [1], epochs: 2}' \
    --sweep load.components.0.std=1,1e200

# what steps say between the bars
rows=$(find cache/data -name '*.bin' -size +1024k)
[ -n "$rows" ] || fail "no rows are in the cache"
printf '\001\002\003' | dd of="$rows" bs=1 seek=40 conv=notrunc 2> /dev/null
told 0 note "is damaged and counts as missing" "$here/../golden/detectors.yaml" '~sweep' \
    name=again
