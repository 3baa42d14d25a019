#!/bin/sh
# export: a network as ONNX gives the scores that apply gives; NPZ and JSON hold its numbers;
# what has no form in ONNX is said. usage: export.sh SLUICE MAKE_IDX
set -eu
sluice=$1
make_idx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "export: $*" >&2
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
    grep -qF -- "$text" out || {
        cat out >&2
        fail "'$text' was not printed"
    }
}

mkdir -p data/waves
"$make_idx" data/waves
export SLUICE_DATA_DIR="$work/data"
# of each: what the network is made of
variants='no yes leaky-relu elu gelu silu softplus batch layer tied noisy'
variants="$variants mae huber binary-cross-entropy"
for scaled in $variants; do
    case $scaled in
    yes) set -- "train.preprocess=[standardise, {min-max: {low: 0.1, clip: true}}]" train.output=identity ;;
    no) set -- ;;
    batch) set -- train.normalisation=batch train.dropout=0.1 ;;
    layer) set -- train.normalisation=layer ;;
    tied) set -- train.tied=true ;;
    noisy) set -- train.denoise.masking=0.1 train.sparse.l1=1e-3 ;;
    leaky-relu) set -- 'train.activation={leaky-relu: {slope: 0.2}}' ;;
    elu) set -- 'train.activation={elu: {alpha: 0.7}}' ;;
    huber) set -- 'train.loss={huber: {delta: 0.2}}' ;;
    mae | binary-cross-entropy) set -- "train.loss=$scaled" ;;
    *) set -- "train.activation=$scaled" ;;
    esac
    "$sluice" run "$here/../golden/experiment.yaml" train.epochs=2 figures=[] "$@" \
        --out "$scaled" --cache cache --quiet
    "$sluice" export "$scaled" --onnx --to "$scaled.onnx"
    "$sluice" export "$scaled" --npz --to "$scaled.npz"
    "$sluice" export "$scaled" --json > "$scaled.json"
    grep -q '"parameters/encoder.0.weight": {' "$scaled.json" || fail "no weights in JSON"
    grep -q '"rule": "threshold"' "$scaled.json" || fail "no rule in JSON"
    "$sluice" export "$scaled" --onnx | cmp - "$scaled.onnx" || fail "other bytes of ONNX"
    "$sluice" export "$scaled" --npz | cmp - "$scaled.npz" || fail "other bytes of NPZ"
done

rings=data/waves/rings-images-idx3-ubyte
seen=no
for python in python3 /usr/bin/python3; do
    $python -c 'import numpy, onnx' 2> /dev/null || continue
    $python -c '
import numpy as np
bytes = open("'$rings'", "rb").read()
np.savetxt("rows.csv", np.frombuffer(bytes, ">u1", offset=16).reshape(-1, 144), fmt="%d", delimiter=",")'
    for scaled in $variants; do
        "$sluice" apply "$scaled" rows.csv --quiet > applied.csv
        $python "$here/evaluate_onnx.py" $scaled.onnx rows.csv applied.csv $scaled.npz ||
            fail "the graph gives other scores"
    done
    seen=yes
    break
done
[ $seen = yes ] || echo "export: skipped what needs python3-onnx"

cat > points.yaml <<'EOF'
name: points
load: {module: density-2d, density: moons, splits: {train: 500}}
train: {module: flow, layers: [affine-coupling], epochs: 1, batch_size: 100}
figures: []
EOF
"$sluice" run points.yaml --out points --cache cache --quiet
refused 2 "a model of 'flow' has no form in ONNX; --npz and --json have its numbers" \
    export points --onnx --to x.onnx
[ ! -e x.onnx ] || fail "a file is there"
"$sluice" export points --npz > points.npz
refused 2 "export takes one of --onnx, --npz and --json" export points
refused 2 "export takes one of --onnx, --npz and --json" export points --npz --json
echo "export: ok"
