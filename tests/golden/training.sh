#!/bin/sh
# The options of a training give the same bytes: with 1 and 4 threads, after interruptions,
# and with more epochs than were asked for at first. usage: training.sh SLUICE MAKE_IDX
set -eu
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/data/waves"
"$make_idx" "$work/data/waves"
export SLUICE_DATA_DIR="$work/data"
cd "$work"
cp "$here/experiment.yaml" "$here/training.yaml" .

fail() {
    echo "training: $*" >&2
    exit 1
}

# run NAME ARGUMENT...: into a results folder and a cache of its own
run() {
    name=$1
    shift
    "$sluice" run training.yaml --quiet --out "$name" --cache "$name.cache" "$@"
}

# same A B: run.h5 and the models of both are there and equal
same() {
    (cd "$1" && find runs models -name '*.h5' | sort) > a.list
    (cd "$2" && find runs models -name '*.h5' | sort) > b.list
    [ -s a.list ] || fail "$1 holds no record"
    cmp -s a.list b.list || fail "$1 and $2 hold different files"
    while read -r file; do
        cmp "$1/$file" "$2/$file" || fail "$file differs between $1 and $2"
    done < a.list
}

# metric NAME KEY: what the one run of a results folder recorded
metric() {
    "$sluice" show "$1" | awk -v key="$2" '$1 == key { print $2; exit }'
}

# interrupted NAME ARGUMENT...: stopped again and again, a little later each time
interrupted() {
    name=$1
    shift
    delay=0
    stops=0
    while :; do
        delay=$(awk "BEGIN {print $delay + $later}")
        status=0
        timeout --foreground -s INT "$delay" "$sluice" run training.yaml --quiet --threads 2 \
            --out "$name" --cache "$name.cache" "$@" 2> "$name.err" || status=$?
        [ "$status" -eq 0 ] && break
        stops=$((stops + 1))
        [ "$stops" -lt 400 ] || fail "$name: no end after 400 stops"
        case $status in
        124 | 130) ;;
        *) cat "$name.err"; fail "$name: exit status $status" ;;
        esac
    done
    [ "$stops" -gt 0 ] || fail "$name: no interruption came before the end"
}

# ---- what a network may have besides ------------------------------------------------------
# Runs of a few epochs, the same with 1 and 4 threads, and stopped on their way.
number=0
warm="train.warmup=1.5 train.schedule=cosine train.clip=0.05"
steps="train.warmup=1 train.schedule.step.every=2 train.clip=1e-3 train.clip_by=value"
sgd="train.optimizer.sgd.nesterov=true train.optimizer.sgd.lr=0.5"
for option in "train.dropout=0.2 train.normalisation=batch" "train.normalisation=layer" \
    "train.tied=true" \
    "train.denoise.gaussian=0.2 train.denoise.masking=0.1" \
    "train.sparse.l1=1e-3 train.sparse.kl=1e-2 train.activation=sigmoid" \
    "train.activation=gelu train.loss=mae train.optimizer.adamw.weight_decay=0.1 $warm" \
    "train.activation=elu train.loss=binary-cross-entropy $sgd $steps" \
    "train.activation=silu train.loss=huber train.precision=float64 $sgd $warm"; do
    number=$((number + 1))
    few="$option train.epochs=6 train.early_stopping.patience=6"
    # words are meant to be split
    began=$(date +%s%N)
    run "one-$number" --threads 1 $few
    later=$(awk "BEGIN {t = ($(date +%s%N) - $began) / 6e9; print (t > 0.006) ? t : 0.006}")
    run "four-$number" --threads 4 $few
    same "one-$number" "four-$number"
    interrupted "stopped-$number" $few
    same "one-$number" "stopped-$number"
done

# ---- early stopping ----------------------------------------------------------------------
began=$(date +%s%N)
run stops --threads 1
later=$(awk "BEGIN {t = ($(date +%s%N) - $began) / 8e9; print (t > 0.006) ? t : 0.006}")
run stops-4 --threads 4
same stops stops-4
epochs=$(metric stops epochs)
best=$(metric stops best_epoch)
[ "$(metric stops stopped_early)" = 1 ] || fail "the training went on to epoch $epochs"
[ "$best" -lt "$epochs" ] || fail "epoch $best is the best of $epochs"
interrupted stops-interrupted
same stops stops-interrupted

# As an axis, epochs share one training, and each point is what it is alone.
"$sluice" run training.yaml --quiet --out axis --cache axis.cache --threads 2 \
    --sweep "train.epochs=2,$epochs,60,90"
for n in 2 "$epochs" 60 90; do
    run "alone-$n" train.epochs="$n"
    for file in $(cd "alone-$n" && find runs models -name '*.h5'); do
        case $file in
        runs/*) other=$(echo axis/runs/*-"$(basename "$(dirname "$file")" | sed 's/.*-//')"/run.h5) ;;
        *) other=axis/$file ;;
        esac
        cmp "alone-$n/$file" "$other" || fail "epochs=$n is another in a sweep"
    done
done
[ "$(metric alone-2 stopped_early)" = 0 ] || fail 'a training of 2 epochs has stopped'
[ "$(metric alone-90 best_epoch)" = "$best" ] || fail 'more epochs have another best'
