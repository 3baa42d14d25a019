#!/bin/sh
# Sweeps: the same bytes for any number of threads and after kills, nothing done twice, and
# no run that fails stands in the way of another. usage:
# sweep.sh SLUICE MAKE_IDX [SECONDS that a second run may take]
set -eu
sluice=$1
make_idx=$2
seconds=${3:-1}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/data/waves"
"$make_idx" "$work/data/waves"
export SLUICE_DATA_DIR="$work/data" SLUICE_CONFIG_PATH="$here"
cd "$work"

fail() {
    echo "sweep: $*" >&2
    exit 1
}

# run NAME FILE ARGUMENT...: into a results folder and a cache of its own
run() {
    name=$1 file=$2
    shift 2
    "$sluice" run "$file" --quiet --out "$name" --cache "$name.cache" "$@"
}

# same A B: runs, models, plan and sweep.h5 of both are equal
same() {
    [ -f "$1/latest/sweep.h5" ] || fail "$1 holds no sweep"
    for folder in runs models plans; do
        diff -r -x '.sluice-*.part' "$1/$folder" "$2/$folder" || fail "$1 and $2 differ"
    done
}

# count NAME WORDS...: lines of the journal that have all the words
count() {
    sed -n "$(printf '\\|%s|!d;' "$@") p" < "$name/journal.jsonl" | wc -l
}

# expect WANT NAME WORDS...
expect() {
    want=$1 name=$2
    shift 2
    got=$(count "$@")
    [ "$got" -eq "$want" ] || fail "$name: $got lines, not $want, with: $*"
}

trained='"step":"train"'
done='"state":"done"'

# ---- threads; what is shared is done once ------------------------------------------------
run one "$here/sweep.yaml" --threads 1
run four "$here/sweep.yaml" --threads 4
same one four
for name in one four; do
    # 2 encoders x 2 seeds, of which the 8 epochs go on from the 4 of the same seed
    expect 8 $name "$trained" "$done"
    expect 4 $name "$trained" "$done" '"from":"epoch 4, batch 0"'
    expect 8 $name '"step":"score validation"' "$done"
    expect 8 $name '"step":"score test"' "$done"
    expect 8 $name '"step":"score rings"' "$done"
    expect 24 $name '"step":"calibrate"' "$done"
    expect 24 $name '"event":"run"' "$done"
done

# a run is recorded as soon as its steps are done, not when all trainings are
first=$(sed -n '/"event":"run"/=' one/journal.jsonl | head -n 1)
last=$(sed -n '/"step":"train"/=' one/journal.jsonl | tail -n 1)
[ "$first" -lt "$last" ] || fail 'no run is recorded before the last training'

# ---- a second run does nothing, and takes no time ----------------------------------------
before=$(wc -l < one/journal.jsonl)
cp one/latest/sweep.h5 kept
begin=$(date +%s%N)
run one "$here/sweep.yaml" --threads 1
took=$((($(date +%s%N) - begin) / 1000000))
[ "$took" -lt $((1000 * seconds)) ] || fail "a second run takes $took ms"
[ "$(wc -l < one/journal.jsonl)" -eq "$before" ] || fail 'a second run does something'
cmp kept one/latest/sweep.h5

# a record that is lost is made again, with nothing but what it needs: the outcome of the
# training out of the cache or, since a short one is not kept there, its last checkpoint
rm -r "$(find one/runs -maxdepth 1 -name 'encoder=16.4,epochs=8,k=2,seed=4-*')"
run one "$here/sweep.yaml" --threads 2
same one four
expect 4 one "$trained" "$done" '"from":null'
expect 25 one '"event":"run"' "$done"

# more repeats, and a longer axis, share what is there
run one "$here/sweep.yaml" --repeats 3
expect 6 one "$trained" "$done" '"from":null'
run one "$here/sweep.yaml" --sweep train.optimizer.adam.lr=3e-3,1e-3
expect 10 one "$trained" "$done" '"from":null'

# everything again
run one "$here/sweep.yaml" --threads 2 --from-scratch
expect 18 one "$trained" "$done" '"from":null'
run alone "$here/sweep.yaml"
cmp one/latest/sweep.h5 alone/latest/sweep.h5 || fail 'from scratch: another sweep.h5'

# ---- failures ----------------------------------------------------------------------------
# The rate of 1000 makes the loss overflow; one file has too few parameters to start from,
# the other one is not there.
printf '\000\000\015\001\000\000\000\003............' > start.idx
cat > failing.yaml <<EOF
use: [experiment.yaml]
figures: []
train: {epochs: 2, output: relu, encoder: [64, 64, 64, 64, 8]}
sweep:
  any:
    - grid: {train.optimizer.adam.lr: [3e-3, 1000, 1e-3], calibrate.k: [2, 3]}
    - list: [{train.start: start.idx}, {train.start: nowhere.idx}]
EOF
# attempt WANT ARGUMENT...
attempt() {
    want=$1
    shift
    status=0
    run failing failing.yaml "$@" > list 2>&1 || status=$?
    [ "$status" -eq 1 ] || fail "exit status $status of a sweep with failures: $(cat list)"
    grep -q "lr=1000,k=2,seed=3.*: step 'train': loss is infinite" list &&
        grep -q "lr=1000,k=3,seed=3.*: step 'train': loss is infinite" list &&
        grep -q "start=start.idx,seed=3.*: step 'train': .*start.idx" list &&
        grep -q "start=nowhere.idx,seed=3.*: stage 'train': file 'nowhere.idx' is not there" list &&
        grep -q '4 of 8 runs are not done' list || fail "not in the list: $(cat list)"
    expect "$want" failing "$trained" '"state":"failed"'
}
attempt 2
expect 4 failing '"event":"run"' "$done"
expect 2 failing "$trained" "$done"
attempt 2
attempt 4 --retry-failed
expect 2 failing "$trained" "$done"
attempt 6 --from-scratch
expect 4 failing "$trained" "$done"
run failing-again failing.yaml --threads 1 2> list && fail 'failures, and exit status 0'
same failing failing-again

# where no run can be done nothing begins; what is missing may come later
status=0
run nothing failing.yaml ~sweep train.start=nowhere.idx 2> list || status=$?
[ "$status" -eq 3 ] || fail "exit status $status where a file is missing"
[ ! -e nothing/runs ] || fail 'something begins where a file is missing'
printf '\000\000\015\001\000\000\000\004................' > nowhere.idx
status=0
run failing failing.yaml > list 2>&1 || status=$?
grep -q "start=nowhere.idx,seed=3.*: step 'train': start .*nowhere.idx' holds 4 numbers" list ||
    fail "a file that came is not read: $(cat list)"

# what a kill left half-written goes, if it has been there for a while
touch -d '1 hour ago' failing/models/.sluice-abcdef.part failing/latest/.sluice-fedcba.part
touch failing/models/.sluice-ghijkl.part
run failing failing.yaml --retry-failed > list 2>&1 && fail 'failures, and exit status 0'
[ "$(find failing -name '*.part')" = failing/models/.sluice-ghijkl.part ] ||
    fail "unfinished files: $(find failing -name '*.part')"

# ---- figures: of sweep.h5 alone, the same bytes again -------------------------------------
# k moves no AUROC, so there are two paths to show
drawn() { (cd "$1/latest/figures" && ls -- *.svg *.png | tr '\n' ' '); }
if command -v gnuplot > list; then
    both='sweep-heatmap.png sweep-heatmap.svg sweep-metric.png sweep-metric.svg '
    "$sluice" plot alone > list
    [ "$(drawn alone)" = "$both" ] || fail "other figures: $(drawn alone)"
    cp -r alone/latest/figures figures
    rm -r alone/runs alone/models alone/latest/figures alone.cache
    "$sluice" plot alone > list
    diff -r figures alone/latest/figures || fail 'figures differ from those of before'
    run four "$here/sweep.yaml" 'sweep.figures=[{sweep-metric: detect.type_1_error}]'
    [ "$(drawn four)" = 'sweep-metric-detect.type_1_error.png sweep-metric-detect.type_1_error.svg ' ] ||
        fail "other figures: $(drawn four)"
    "$sluice" plot alone sweep-rungs > list 2>&1 && fail 'rungs without halving'
    grep -q "figure 'sweep-rungs': the sweep has no halving" list || fail "$(cat list)"
fi

# ---- halving and tpe ---------------------------------------------------------------------
cat > halving.yaml <<EOF
use: [experiment.yaml]
figures: []
train: {epochs: 9, encoder: [16, 4]}
sweep:
  grid: {train.optimizer.adam.lr: {logspace: [1e-4, 1e-1, 9]}}
  objective: {minimize: train.loss_validation}
  halving: {horizon: train.epochs, first: 1, factor: 3}
  repeats: 2
EOF
cat > tpe.yaml <<EOF
use: [experiment.yaml]
figures: []
train: {epochs: 2}
sweep:
  objective: {minimize: train.loss_validation}
  search:
    tpe:
      rounds: 4
      size: 3
      start: 4
      space:
        train.optimizer.adam.lr: {log-uniform: [1e-4, 1e-1]}
        train.encoder: {choice: [[16, 4], [32, 8]]}
EOF
# search NAME TRAININGS RUNS
search() {
    run "$1-1" "$1.yaml" --threads 1
    begin=$(date +%s%N)
    run "$1-4" "$1.yaml" --threads 4
    took=$((($(date +%s%N) - begin) / 1000))
    same "$1-1" "$1-4"
    expect "$2" "$1-1" "$trained" "$done"
    expect "$3" "$1-1" '"event":"run"' "$done"
    run "$1-1" "$1.yaml"
    expect "$2" "$1-1" "$trained" "$done"
    stops=0
    for share in 0.05 0.1 0.2 0.4 0.7 0.3 0.5 0.15 0.6 0.35 0.45 0.8 0.25 0.9; do
        delay=$(awk "BEGIN {print $share * $took / 1e6}")
        status=0
        timeout --foreground --preserve-status -s KILL "$delay" "$sluice" run "$1.yaml" --quiet \
            --out "$1-killed" --cache "$1-killed.cache" --threads 2 || status=$?
        [ "$status" -eq 0 ] && break
        [ "$status" -eq 137 ] || fail "$1: exit status $status after SIGKILL"
        stops=$((stops + 1))
    done
    [ "$stops" -gt 0 ] || fail "$1: no SIGKILL came before the end"
    run "$1-killed" "$1.yaml"
    same "$1-1" "$1-killed"
    echo "$1: killed $stops times, same bytes"
}
# 9, 3 and 1 points on 3 rungs, 2 seeds each
search halving 26 26
expect 6 halving-1 "$trained" "$done" '"from":"epoch 1, batch 0"'
expect 2 halving-1 "$trained" "$done" '"from":"epoch 3, batch 0"'
search tpe 13 13

# ---- what failed in a round stays what it was in those that follow -----------------------
cat > rounds.yaml <<END
use: [experiment.yaml]
figures: []
train: {epochs: 4, output: relu, encoder: [64, 64, 64, 64, 8]}
sweep:
  grid: {train.optimizer.adam.lr: [1e-3, 3e-3, 2e-3, 1000]}
  objective: {minimize: train.loss_validation}
  halving: {horizon: train.epochs, first: 2, factor: 2}
END
run rounds rounds.yaml 2> list && fail 'a failure in a round, and exit status 0'
grep -q 'failed before' list && fail "a failure of this very run is from before: $(cat list)"
run rounds rounds.yaml --retry-failed 2> list && fail 'a failure in a round, and exit status 0'
expect 2 rounds "$trained" '"state":"failed"'
