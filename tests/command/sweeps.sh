#!/bin/sh
# show, list, best and compare on sweeps: what they print, what they refuse, and that each
# answers within a second where there are 10,000 runs.
# usage: sweeps.sh SLUICE MAKE_SWEEP SECONDS
set -eu
sluice=$1
make_sweep=$2
seconds=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "sweeps: $*" >&2
    exit 1
}

# has TEXT: it is in what was printed last, blanks folded
has() {
    tr -s ' ' < out | grep -qF -- "$1" || {
        cat out >&2
        fail "'$1' was not printed"
    }
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

"$make_sweep" results/small 9 5 11
"$make_sweep" results/seven 9 7 0

"$sluice" show results/small > out
has "größe: 9 points, 45 runs: 41 done, 4 failed"
has " 8 4 0.009 2 relu 0.305686 ± 0.015 0.920289 ± 0.0031"
has " 4 the loss is not finite at step 12 runs/p2-seed-7"
"$sluice" show results/small/latest/sweep.h5 | grep -c relu > out
has 5
"$sluice" show results/small --runs --where 'state == failed' > out
has " 2 0 7 failed 0.001 2.5 relu undefined undefined"
"$sluice" show results/small --where 'train.loss < 1' --sort -detect.auroc --csv |
    cut -d, -f1 | tr '\n' ' ' > out
has "point 6 7 4 5 8"
"$sluice" show results/small --where 'point == 3' > out
grep -q "in every row" out && fail "one row has nothing in common with others"
"$sluice" show results/small --metrics detect.auroc > out
[ "$(grep -c train.loss out)" -eq 1 ] || fail "--metrics left another metric"

"$sluice" list > out
has " seven 63 63 0 20"
has " small 45 41 4 20"
"$sluice" list results/small --where 'state == failed' --csv | wc -l > out
has 5

"$sluice" best results/small --count 2 > out
has " 1 8 4 0.009 2 relu 0.305686 ± 0.015"
has " 2 7 5 0.003 2.5 sigmoid 0.674924 ± 0.011"
has "point 8 stands on 4 of its 5 runs"
"$sluice" best results/small --objective 'maximize detect.auroc' \
    --objective 'minimize train.loss' > out
has "3 of 9 points, the Pareto front"
has "6 points are beaten by one of the front"

"$sluice" compare results/seven#3 '#5' > out
has " calibrate.k 2.5 2"
has " detect.auroc 0.924957 0.919932 -0.00502513 ± 0.00019 7 0.03125"
has "p: Wilcoxon's signed rank test, corrected by Holm"
"$sluice" compare results/small#3 results/small#1 > out
has "5 pairs are too few for a test"
"$sluice" compare results/seven#3 '#5' --metrics train.loss --csv > out
has ",7,0.015625"

"$sluice" show results/small#8 > out
has "größe, point 8: 4 of 5 runs done"
has " detect.auroc 0.920289 ± 0.0031"
has " seed state folder reason"
"$sluice" show results/seven#3 --metrics train.loss > out
grep -q detect.auroc out && fail "--metrics left another metric of a point"
"$sluice" show results/seven#3 --csv | wc -l > out
has 8

# what is the same in every row stands below the table, and a swept seed in it once
cat > tiny.yaml <<'END'
name: tiny
load:
  module: gaussian-mixture
  components: [{mean: 0, std: 1}]
  splits: {train: 200, test: 100}
train: {module: gaussian-mixture, components: 1}
sweep: {grid: {seed: [1, 2]}}
END
"$sluice" run tiny.yaml --quiet 2> /dev/null
"$sluice" show results/tiny > out
has " in every row: load.entropy 1.41894"
"$sluice" show results/tiny --metrics load.entropy > out
has " 1 1 2 1.41894"
"$sluice" show results/tiny --runs > out
has " point repeat seed state train."

# a sweep that nobody brought to its end: what there is of it
mkdir -p results/half/runs/a results/half/plans/p
printf "runs:\n    - {folder: 'runs/a'}\n    - {folder: 'runs/b'}\n" > results/half/plans/p/plan.yaml
ln -s plans/p results/half/latest
refused 3 "'results/half' has no finished run yet" show results/half
rm -r results/half

"$sluice" describe sweep > out
for word in grid zip list random sobol all any when exclude repeats objective halving \
    search figures range linspace logspace uniform log-uniform integer choice; do
    grep -q "^  $word: " out || fail "describe sweep says nothing of $word"
done
has "horizon string required path of what grows"
"$sluice" describe figures > out
has " sweep-pareto Two metrics"
"$sluice" describe sweep-pareto > out
has "figure sweep-pareto, of a sweep"
has " metrics 2"
"$sluice" describe sweep-ranks > out
has " drawn where the sweep's"

refused 2 "nothing is called 'swep'; did you mean 'sweep'?" describe swep
refused 2 "--json and --csv are two forms; take one" show results/small --json --csv
refused 2 "--json and --csv are two forms; take one" best results/small --json --csv
refused 2 "--json and --csv are two forms; take one" list results --json --csv
refused 2 "--json and --csv are two forms; take one" \
    compare results/seven#3 '#5' --json --csv
refused 2 "'results/small' has no point 9; it has 0..8" show results/small#9
refused 2 "no column 'detect.aurok'; did you mean 'detect.auroc'?" \
    show results/small --where 'detect.aurok > 1'
refused 2 "no column 'loss'" show results/small --sort loss
refused 2 "there is no metric 'train.los'; did you mean 'train.loss'?" \
    best results/small --objective 'minimize train.los'
refused 2 "there is no metric 'loss'; did you mean 'train.loss'?" \
    best results/small --objective 'minimize loss'
refused 2 "there is no metric 'f1'; 'sluice show' prints those that there are" \
    best results/small --objective 'maximize f1'
refused 2 "'train.loss' is no objective" best results/small --objective train.loss
refused 2 "'results/small' has no point 9; it has 0..8" compare results/small#9 '#1'
refused 3 "'results' has no sweep.h5" best results
refused 3 "can't list 'nowhere'" list nowhere

# what is swept may be called as what is recorded: the components of pca, and the seed
cat > pca.yaml << 'END'
name: pca
load: {module: linear-gaussian, dimensions: 4, scales: [3, 2], splits: {train: 60, test: 40}}
train: {module: pca, components: 2}
sweep:
  grid: {train.components: [1, 3], seed: [4, 5]}
END
"$sluice" run pca.yaml --quiet 2> /dev/null
sed 's/name: pca/name: known/; s/, seed: \[4, 5\]//; s/linear-gaussian.*splits/gaussian-mixture, components: [{mean: [0, 0, 0], std: 1}], splits/' \
    pca.yaml > known.yaml
"$sluice" run known.yaml --quiet
"$sluice" list results/pca --csv | head -n 1 > out
has "seed,train.components,"
has ",train.components.recorded,"
"$sluice" show results/pca --metrics train.components.recorded > out
has " 3 1 3 5 3"

find results/pca/runs -mindepth 1 -maxdepth 1 | sed 's|.*/||; s/-[0-9a-f]*$//' | sort > out
has "components=1,seed=4"
grep -q 'seed=.*seed=' out && fail "a label has a swept seed twice"
# what is recorded first is the same everywhere
refused 2 "say one: --objective 'minimize train.explained'" best results/known

# a path that a point leaves alone stands at what its run was bound with
cat > alone.yaml << 'END'
name: alone
load: {module: linear-gaussian, dimensions: 4, scales: [3, 2], splits: {train: 60, test: 40}}
train: {module: pca, components: 2}
calibrate: {module: sigma, split: test}
sweep:
  list: [{train.components: 1}, {calibrate.k: 2}, {load.noise: 0.5}, {}]
END
"$sluice" run alone.yaml --quiet 2> /dev/null
"$sluice" show results/alone --csv | cut -d, -f1-5 > out
tr '\n' ';' < out > line
grep -qF 'point,runs,train.components,calibrate.k,load.noise;0,1,1,3,1;1,1,2,2,1;2,1,2,3,0.5;3,1,2,3,1;' \
    line || fail "values of the file are not shown: $(cat line)"

# a changed file: what is swept, too
sed 's/{calibrate.k: 2}/{calibrate.k: 2}, {calibrate.k: 4}/; s/{load.noise: 0.5}, //' \
    alone.yaml > more.yaml
"$sluice" run more.yaml > /dev/null 2> out
has "changed since the latest plan, which stays beside the new one:"
has " calibrate.k: [2] -> [2, 4]"
has " load.noise: [0.5] -> (not swept)"
"$sluice" run more.yaml --repeats 2 > /dev/null 2> out
has " runs: 4 -> 8"
grep -q calibrate.k: out && fail "a path that did not change is told"
"$sluice" run more.yaml --repeats 2 > /dev/null 2> out
grep -q changed out && fail "the same file is told as changed"

"$make_sweep" results/large 10000 1 0 20
"$make_sweep" results/deep 500 20 333 20

# quick ARGUMENT...: takes at most so many seconds of a processor
quick() {
    ("$sluice" "$@" > out && times | tail -n 1) > spent
    tr 'ms' '  ' < spent | awk -v most="$seconds" '{
        s = 60 * ($1 + $3) + $2 + $4; exit !(s <= most) }' ||
        fail "'$*' took $(cat spent)"
}

for path in results/large results/deep; do
    quick show $path
    quick show $path --runs
    quick show $path --json
    quick show $path --runs --json
    quick show $path --runs --csv
    quick show $path --runs --sort -train.loss \
        --where 'calibrate.k > 2.2 and (detect.auroc > 0.925 or state == failed)'
    quick best $path
    quick best $path --objective 'maximize detect.auroc' --objective 'minimize train.loss'
    quick list $path
    quick compare $path#1 '#7'
done
quick list
echo "sweeps: all as it should be"
