#!/bin/sh
# A folder with a detector, a layer of a flow and a figure: in a run and in a sweep, in the
# keys and in the record, with the same bytes for any number of threads.
# usage: folder.sh SLUICE MAKE_IDX
set -eu
. "$(dirname "$0")/support.sh"

cp -r "$here/folder" folder
template=$work/prefix/share/sluice/templates
sed 's/@name@/tails/; s/@ident@/tails/' "$template/detect.c.in" > folder/tails.c
sed 's/@name@/squeeze/; s/@ident@/squeeze/' "$template/flow-layer.c.in" > folder/squeeze.c
cmake -S folder -B folder/build -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_C_COMPILER="$CC" > build.log
cmake --build folder/build >> build.log 2>&1 || { cat build.log; fail "it does not build"; }
file=folder/experiment.yaml

# a run: the same bytes, and who made them
for threads in 1 4; do
    "$sluice" run "$file" --threads $threads --quiet --out out-$threads --cache c-$threads
done
cmp out-1/runs/*/run.h5 out-4/runs/*/run.h5 || fail "threads change a run"
"$sluice" show out-1 > shown
for object in tails squeeze; do
    sha=$(sha256sum folder/build/$object.so | cut -d' ' -f1)
    grep -q "^  module    $object.so 1.0 sha256 $sha\$" shown ||
        { cat shown; fail "$object is not in the record"; }
done
"$sluice" show out-1 --json | grep -q '"modules": *"' || fail "no modules in the JSON"
[ -s out-1/runs/*/figures/tail-shares.svg ] || fail "the folder's figure is not drawn"

# another object is another key, of what uses it alone
sed -i 's/SL_EXPORT("1.0"/SL_EXPORT("1.1"/' folder/tails.c
cmake --build folder/build > build.log
"$sluice" run "$file" --quiet --out out-1 --cache c-1
"$sluice" show out-1 | grep -q '^  module    tails.so 1.1 ' || fail "the version does not follow"
# keys STAGE: how many keys it had
keys() {
    sed -n "s/.*\"step\":\"$1\",\"key\":\"\([0-9a-f]*\)\".*/\1/p" out-1/journal.jsonl |
        sort -u | wc -l
}
[ "$(keys train)" = 1 ] || fail "a detector's change trains again"
[ "$(keys detect)" = 2 ] || fail "a detector's change does not detect again"

# a sweep
for threads in 1 4; do
    "$sluice" run "$file" --threads $threads --quiet --out s-$threads --cache sc-$threads \
        --sweep detect.factor=0.8,0.9,1.1 --sweep train.batch_size=50,100 --repeats 2
done
(cd s-1 && find . -name '*.h5' | sort | xargs sha256sum) > one
(cd s-4 && find . -name '*.h5' | sort | xargs sha256sum) > four
cmp one four || fail "threads change a sweep"
[ "$(grep -c 'run.h5$' one)" = 12 ] || { cat one; fail "not all runs are there"; }

# by name, over the search path
SLUICE_MODULE_PATH=$work/folder/build "$sluice" check "$work/folder/experiment.yaml" \
    modules=[tails,squeeze.so] --quiet || fail "modules are not found by name"
mkdir -p prefix/lib/sluice/modules elsewhere
cp folder/build/tails.so folder/build/squeeze.so folder/build/tail-shares.gp \
    prefix/lib/sluice/modules
sed 's/^modules:.*/modules: [tails, squeeze]/' "$file" > elsewhere/experiment.yaml
"$sluice" check elsewhere/experiment.yaml --quiet || fail "installed modules are not found"
"$sluice" list modules | grep -q '^  flow-layer .*squeeze .*lib/sluice/modules/squeeze.so' ||
    fail "installed modules are not listed"
"$sluice" plot --list --module tails | grep -q '^tail-shares ' || fail "its figure is not listed"
"$sluice" schema | grep -q '"tails"' || fail "the schema lacks an installed module"

# a figure that is there already: both places
mkdir twice
cp folder/build/tails.so twice
cp prefix/share/sluice/plots/roc.gp twice/roc.gp
echo >> twice/roc.gp
status=0
"$sluice" describe --module twice/tails.so > out 2> err || status=$?
[ "$status" = 2 ] || fail "status $status for a figure that is there twice"
grep -q "the figure 'roc' is there twice, in 'twice/roc.gp' and in '.*plots/roc.gp'" err ||
    { cat err; fail "both places of a figure are not told"; }
