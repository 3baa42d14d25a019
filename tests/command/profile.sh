#!/bin/sh
# run --profile: what it counts is what is done, the trace is one that viewers open, and the
# results are those of a run without. usage: profile.sh SLUICE
set -eu
sluice=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "profile: $*" >&2
    exit 1
}

cat > dense.yaml <<'END'
name: dense
load: {module: density-2d, density: moons, splits: {train: 3000, validation: 300, test: 250, other: 200}}
train:
  module: autoencoder
  encoder: [16, 1]
  output: identity
  epochs: 30
  batch_size: 128
  monitor: [validation]
calibrate: {module: sigma, split: validation, k: 3}
detect: {module: threshold, normal: test, anomalous: other}
figures: []
END

# The layers are 2-16-1-16-2: 96 weights, 32 of them the first layer's, 48 the encoder's. A row
# takes two operations for each weight forward, two for its gradient, and two to go on backward,
# which the first layer does not. A split is monitored, and once it is trained, the model keeps
# statistics of the codes and of the losses of its rows.
forward=$((2 * 96))
training=$((3000 * 30 * (2 * 96 + 2 * 96 + 2 * (96 - 32)) +
    30 * 300 * forward + 3000 * (2 * 48 + forward)))

# profiled NAME ARGUMENT...: a profiled run into a results folder and a cache of its own
profiled() {
    name=$1
    shift
    timeout 300 "$sluice" run "$@" --profile --log json --out "$name" --cache "$name.cache" \
        > "$name.out" 2> "$name.events" || fail "$name: exit status $?"
}

# steps NAME: what the trace says of them
steps() {
    python3 "$here/profile_trace.py" "$1"/$2/profile.json > "$1.steps" || fail "$1: the trace"
}

# same A B: runs, models and plans of both, but for the profile
same() {
    for folder in runs models plans; do
        diff -r -x profile.json "$1/$folder" "$2/$folder" || fail "$1 and $2 differ"
    done
}

timeout 300 "$sluice" run dense.yaml --quiet --out plain --cache plain.cache
cat > want <<END
calibrate done 0
detect done 0
load done 0
score other done $((200 * forward))
score test done $((250 * forward))
score validation done $((300 * forward))
train done $training
END
for how in '--threads 1' '--threads 4' '--threads 1 --isolate' '--threads 2 --isolate'; do
    name=$(echo "profiled$how" | tr -d ' -')
    # shellcheck disable=SC2086
    profiled "$name" dense.yaml $how
    same plain "$name"
    steps "$name" 'runs/*'
    diff want "$name.steps" || fail "$how: operations are not those that were done"
    grep -q '^profile: ' "$name.out" || fail "$how: no table"
    python3 - "$name.events" $training $((750 * forward)) <<'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
events = [event for event in events if event["event"] == "profile"]
steps = [event for event in events if "step" in event]
rows = [event for event in events if "operation" in event]
assert len(steps) == 7, steps
assert abs(sum(row["share"] for row in rows) - 1) < 1e-9, rows
assert 0.2 < sum(step["share"] for step in steps) <= 1, steps
assert all(step["peak"] > 0 for step in steps), steps
products = [row for row in rows if row["operation"] == "product"]
assert sum(row["flops"] for row in products) == int(sys.argv[2]) + int(sys.argv[3]), products
names = {row["operation"] + " " + row["name"] for row in rows}
for name in ("forward dense", "backward dense", "optimizer adam", "loss mse",
             "train autoencoder", "score autoencoder", "publish record"):
    assert name in names, (name, names)
END
done

# the table's shares, as they are printed, are all of the time
awk '/^  operation/ { seen = 1 }
     seen && $0 ~ /%/ { for (i = 1; i <= NF; i++) if ($i == "%") sum += $(i - 1) }
     END { exit !(sum > 98 && sum < 102) }' profiledthreads1.out || fail "shares are not 100 %"

# a split that idle threads look at epochs later takes what scoring it takes, each epoch
cat > flow.yaml <<'END'
name: flow
load: {module: density-2d, density: moons, splits: {train: 500, validation: 300, other: 200}}
train: {module: flow, layers: [{affine-coupling: {hidden: [8]}}], epochs: 10}
calibrate: {module: sigma, split: validation, k: 3}
detect: {module: threshold, normal: validation, anomalous: other}
figures: []
END
profiled alone flow.yaml --threads 2
steps alone 'runs/*'
profiled watched flow.yaml 'train.monitor=[validation]' --threads 2
steps watched 'runs/*'
# operations STEPS NAME: those of a step
operations() {
    sed -n "s/^$2 done //p" "$1.steps"
}
scored=$(operations alone 'score validation')
[ "$scored" -gt 0 ] || fail "a flow has no products"
[ "$(operations watched train)" -eq $(($(operations alone train) + 10 * scored)) ] ||
    { cat alone.steps watched.steps; fail "a monitored split is not counted"; }

# what is in the cache, as data always are, is told, and nothing was computed for it
profiled profiledthreads1 dense.yaml calibrate.k=2
steps profiledthreads1 "runs/$(ls -t profiledthreads1/runs | head -1)"
grep -qx 'load cached 0' profiledthreads1.steps || { cat profiledthreads1.steps; fail cached; }
grep -qx 'calibrate done 0' profiledthreads1.steps || fail "calibrate is not done again"

# nothing to do is no step, and the trace of what was done stays
trace=$(find profiledthreads1 -name profile.json | xargs cksum)
profiled profiledthreads1 dense.yaml
grep -q 'profile.json (as it was' profiledthreads1.out || fail "a trace that stays is not told"
[ "$(find profiledthreads1 -name profile.json | xargs cksum)" = "$trace" ] ||
    fail "a run that had nothing to do wrote over its trace"
grep -q '^profile: ' profiledthreads1.out || fail "nothing to do has no profile"
sed -n '/^profile/,$p' profiledthreads1.out | grep -q '^  train ' && fail "a step is told that was not done"
"$sluice" show profiledthreads1 > shown || fail "show stumbles over it"
"$sluice" verify profiledthreads4 > verified 2>&1 || { cat verified; fail verify; }

# a sweep has one, beside its table, with the steps of all runs
profiled sweep dense.yaml train.epochs=2 --sweep train.batch_size=100,200 --repeats 2 --threads 2
timeout 300 "$sluice" run dense.yaml train.epochs=2 --sweep train.batch_size=100,200 \
    --repeats 2 --threads 2 --quiet --out swept --cache swept.cache
same swept sweep
steps sweep latest
[ "$(grep -c '^train #[01] r[01] done [1-9]' sweep.steps)" -eq 4 ] ||
    { cat sweep.steps; fail "not four trainings"; }
[ "$(find sweep -name profile.json | wc -l)" -eq 1 ] || fail "not one profile"
grep -q '^  train  *4  done ' sweep.out || { cat sweep.out; fail "steps are not told together"; }

# --quiet says nothing, and writes it all the same
timeout 300 "$sluice" run dense.yaml train.epochs=1 --quiet --profile --out quiet --cache quiet.cache \
    > quiet.out 2>&1
[ ! -s quiet.out ] || fail "--quiet talks"
steps quiet 'runs/*'

# interrupted: what there is so far
timeout 300 "$sluice" run dense.yaml train.epochs=200000 --profile --out cut --cache cut.cache \
    --threads 2 > cut.out 2> cut.err &
pid=$!
tries=0
until grep -qs '"step":"load"' cut/journal.jsonl || [ $tries -eq 500 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
sleep 0.5
kill -INT "$(pgrep -P $pid)"
status=0
wait $pid || status=$?
[ $status -eq 130 ] || { cat cut.err; fail "interrupted: exit status $status"; }
steps cut 'runs/*'
grep -q '^train stopped [1-9]' cut.steps || { cat cut.steps; fail "no training that was stopped"; }
grep -q '^  train  *1  stopped ' cut.out || fail "no table of what was interrupted"
