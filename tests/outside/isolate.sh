#!/bin/sh
# --isolate: the same bytes; a crash or a hang is one failed run of a sweep whose others
# finish; stopped and killed programs go on, and leave no process behind. timeout: with and
# without it.
# usage: isolate.sh SLUICE MAKE_IDX
set -eu
. "$(dirname "$0")/support.sh"

flags=$(PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig pkg-config --cflags --libs sluice)
# shellcheck disable=SC2086
$CC -o unruly.so "$here/unruly.c" $flags
cat > file.yaml << 'EOF'
name: unruly
modules: [unruly.so]
load:
  module: gaussian-mixture
  components: [{mean: -1, std: 0.25}, {mean: 1.5, std: 0.25}]
  splits: {train: 500, validation: 200, test: 200}
train:
  module: flow
  layers: [{mixture-cdf: {components: 3}}]
  optimizer: {adam: {lr: 5e-2}}
  epochs: 5
  batch_size: 100
calibrate: {module: sigma, split: validation, k: 2}
detect: {module: unruly, normal: test}
EOF

# the same bytes, for any number of threads; what would not be kept is not kept
"$sluice" run file.yaml --quiet --out plain --cache plain-cache
for threads in 1 4; do
    timeout 120 "$sluice" run file.yaml --quiet --isolate --threads $threads \
        --out apart-$threads --cache cache-$threads
    cmp plain/runs/*/run.h5 apart-$threads/runs/*/run.h5 || fail "--isolate changes a run"
    cmp plain/models/*.h5 apart-$threads/models/*.h5 || fail "--isolate changes a model"
done
# What is quick is not kept here either; how quick it is depends on the machine.
mkdir -p plain-cache/steps cache-1/steps
kept=$(find plain-cache/steps -name '*.h5' | wc -l)
[ "$(find cache-1/steps -name '*.h5' | wc -l)" -le $((kept + 2)) ] ||
    fail "small outcomes stay in the cache"

# a parent that ignores its children's ends hands that down
timeout 60 sh -c "trap '' CHLD; exec \"\$@\"" sh "$sluice" run file.yaml --quiet --isolate \
    --out deaf --cache deaf-cache || fail "it waits for ever where SIGCHLD is ignored"

# one of each in a sweep
status=0
timeout 120 "$sluice" run file.yaml --quiet --isolate --threads 2 --out sweep --cache sweep-cache \
    --sweep detect.way=well,crash,abort,leave,hang,listen,undeclared,mute,killed detect.timeout=0.5 \
    2> err || status=$?
[ "$status" = 1 ] || { cat err; fail "status $status for a sweep with failures"; }
told() {
    grep -q "way=$1,seed=1-[0-9a-f]* [a-z]*: $2" err || { cat err; fail "not told of $1: $2"; }
}
told crash "step 'detect': module 'unruly' crashed with SIGSEGV (Segmentation fault)"
told abort "step 'detect': module 'unruly' crashed with SIGABRT (Aborted)"
told leave "step 'detect': module 'unruly' ended the process with status 7"
told hang "step 'detect': module 'unruly' took longer than its timeout of 0.5 seconds, and did not stop"
told listen "step 'detect': module 'unruly' took longer than its timeout of 0.5 seconds\$"
told undeclared "step 'detect': module 'unruly' records 'columns' and does not declare it"
told mute "step 'detect': module 'unruly' failed (status 3) and did not say why"
told killed "step 'detect': module 'unruly' was killed with SIGKILL (Killed), as the system"
grep -q '8 of 9 runs are not done' err || { cat err; fail "the others are not done"; }
"$sluice" show sweep --runs --csv > runs
[ "$(grep -c ',done,' runs)" = 1 ] || { cat runs; fail "the good one is not done"; }
[ "$(grep -c ',failed,' runs)" = 8 ] || { cat runs; fail "not every bad one has failed"; }
# what has failed is not tried again
status=0
timeout 120 "$sluice" run file.yaml --quiet --isolate --threads 2 --out sweep --cache sweep-cache \
    --sweep detect.way=well,crash,abort,leave,hang,listen,undeclared,mute,killed detect.timeout=0.5 \
    2> err || status=$?
[ "$status" = 1 ] || fail "status $status for a sweep that has failed before"
grep -q 'way=crash.* failed before: ' err || { cat err; fail "a crash is not remembered"; }
grep -q 'way=killed.* failed before: ' err || { cat err; fail "a kill is not remembered"; }

# a step that ends the process that watches it: another takes its place, the only one here
status=0
timeout 120 "$sluice" run file.yaml --quiet --isolate --threads 1 --out revolt \
    --cache revolt-cache --sweep detect.way=revolt,well,listen,crash detect.timeout=0.5 \
    2> err || status=$?
[ "$status" = 1 ] || { cat err; fail "status $status where a guard is killed"; }
told revolt "step 'detect': the process that guards module 'unruly' was killed with SIGKILL"
told listen "step 'detect': module 'unruly' took longer than its timeout of 0.5 seconds\$"
told crash "step 'detect': module 'unruly' crashed with SIGSEGV"
grep -q '3 of 4 runs are not done' err || { cat err; fail "no guard in a dead one's place"; }

# without it a step that listens ends, and has failed
status=0
timeout 60 "$sluice" run file.yaml detect.way=listen detect.timeout=0.3 --quiet \
    --out here --cache here-cache 2> err || status=$?
[ "$status" = 1 ] && grep -q 'longer than its timeout of 0.3 seconds' err ||
    { cat err; fail "a timeout without --isolate"; }
for bad in -1 soon; do
    status=0
    "$sluice" check file.yaml detect.timeout=$bad 2> err || status=$?
    [ "$status" = 2 ] && grep -q 'expected a number of seconds' err || fail "timeout: $bad"
done

# nor does one that fails without a word pass for done
status=0
timeout 60 "$sluice" run file.yaml detect.way=mute --quiet --out mute --cache here-cache \
    2> err || status=$?
[ "$status" = 1 ] && grep -q "'unruly' failed (status 3) and did not say why" err ||
    { cat err; fail "a failure without a word"; }

# the floating-point state: undone, and told, here and there
if [ "$(uname -m)" = x86_64 ]; then
    for apart in '' --isolate; do
        # shellcheck disable=SC2086
        timeout 60 "$sluice" run file.yaml detect.way=flush $apart --out flush$apart \
            --cache flush-cache$apart > out 2> err
        grep -q "step 'detect': module 'unruly' turned on flush-to-zero" err ||
            { cat err; fail "no word of flush-to-zero $apart"; }
    done
fi

# stopped, then killed: it goes on, with the bytes of an undisturbed run
long='train.epochs=150000 detect.way=well'
# shellcheck disable=SC2086
"$sluice" run file.yaml $long --quiet --out long --cache long-cache
for signal in INT KILL; do
    # shellcheck disable=SC2086
    "$sluice" run file.yaml $long --quiet --isolate --out cut --cache cut-cache 2> err &
    pid=$!
    # The starter, its guards, and what the first of them does.
    tries=0
    children=
    while [ -z "$children" ] && [ $tries -lt 500 ]; do
        sleep 0.02
        tries=$((tries + 1))
        starter=$(pgrep -P $pid || true)
        guards=$(test -z "$starter" || pgrep -P "$starter" || true)
        for guard in $guards; do
            children="$children $(pgrep -P "$guard" || true)"
        done
        children=$(echo $children)
    done
    [ -n "$children" ] || fail "there are no guards"
    sleep 0.2
    children="$starter $guards $children"
    kill -$signal $pid
    wait $pid 2> wait.log || true
    sleep 0.3
    for child in $children; do
        # One that nobody has asked for yet is a zombie, and no process.
        if grep -q 'State:[^ZX]*$' "/proc/$child/status" 2> kill.log; then
            fail "a process is left behind after $signal"
        fi
    done
    [ $signal = KILL ] || grep -q 'stopped; the same command goes on' err ||
        { cat err; fail "a signal does not stop it"; }
done
[ "$(find cut-cache/checkpoints -name '*.h5' | wc -l)" -gt 0 ] || fail "no checkpoint"
# shellcheck disable=SC2086
timeout 400 "$sluice" run file.yaml $long --quiet --isolate --out cut --cache cut-cache
grep -q '"step":"train".*"from":"epoch [1-9]' cut/journal.jsonl ||
    { cat cut/journal.jsonl; fail "it does not go on from a checkpoint"; }
cmp long/runs/*/run.h5 cut/runs/*/run.h5 || fail "an interruption changes a run"
