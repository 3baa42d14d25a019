#!/bin/sh
# A sweep that is killed at random moments, again and again, ends with the bytes of one that
# nobody disturbed; at no moment is there half a file. Every eighth stop is a SIGINT.
# usage: kill_sweep.sh SLUICE MAKE_IDX [KILLS]
set -eu
sluice=$1
make_idx=$2
kills=${3:-200}
file=$(cd "$(dirname "$0")/.." && pwd)/golden/sweep.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/data/waves"
"$make_idx" "$work/data/waves"
export SLUICE_DATA_DIR="$work/data"
cd "$work"

fail() {
    echo "kill_sweep: $*" >&2
    exit 1
}

now() { date +%s.%N; }

# check WHEN: what there is of the record is whole, and as it should be. What is not there
# yet, and what a kill left unfinished, are no differences. sweep.h5 comes last; that of a
# sweep which was asked to stop says which runs are missing.
check() {
    for folder in runs models plans; do
        [ -d "out/$folder" ] || continue
        diff -rq -x sweep.h5 "whole/$folder" "out/$folder"
    done | grep -v -e '^Only in whole' -e ': \.sluice-[^/]*\.part$' > differences || return 0
    fail "$1: $(cat differences)"
}

# check_whole: nothing is missing, either.
check_whole() {
    check 'at the end'
    (cd whole && find . -name '*.h5' -o -name plan.yaml | sort) > whole.list
    (cd out && find . -name '*.h5' -o -name plan.yaml | sort) > out.list
    cmp -s whole.list out.list || fail "other files at the end: $(diff whole.list out.list)"
    cmp whole/latest/sweep.h5 out/latest/sweep.h5 || fail 'another sweep.h5 at the end'
}

# The undisturbed sweep, twice: the second time says how long it takes.
"$sluice" run "$file" --quiet --threads 2 --out whole --cache whole.cache
begin=$(now)
"$sluice" run "$file" --quiet --threads 2 --out again --cache again.cache
end=$(now)
diff -r whole/runs again/runs && diff -r whole/models again/models &&
    diff -r whole/plans again/plans || fail 'two undisturbed sweeps differ'
count=$(find whole -name '*.h5' | wc -l)
[ "$count" -eq 33 ] || fail "24 runs, 8 models and a sweep are 33 files, not $count"

# Moments within two thirds of the time that a sweep takes: those further on come as it is
# gone on with. Most sweeps are stopped several times.
awk -v n=$((20 * kills)) -v whole="$(awk "BEGIN {print $end - $begin}")" 'BEGIN {
    srand(20261122)
    for (i = 0; i < n; i++) {
        u = rand()
        printf "%.4f\n", 0.002 + 0.7 * whole * u
    }
}' > delays
exec 3< delays

stops=0 sweeps=0 unfinished=0
while [ "$stops" -lt "$kills" ]; do
    read -r delay <&3 || fail "only $stops stops in $((20 * kills)) moments"
    signal=KILL wanted=137
    [ $((stops % 8)) -ne 7 ] || signal=INT wanted=130
    status=0
    timeout --foreground --preserve-status -s $signal "$delay" "$sluice" run "$file" \
        --quiet --threads 2 --out out --cache cache 2> err || status=$?
    check "after SIG$signal at $delay s"
    if [ "$status" -eq 0 ]; then
        check_whole
        sweeps=$((sweeps + 1))
        rm -rf out cache
        continue
    fi
    [ "$status" -eq "$wanted" ] || fail "SIG$signal: exit status $status: $(cat err)"
    stops=$((stops + 1))
    find out cache -name '*.part' 2> /dev/null | grep -q . && unfinished=$((unfinished + 1))
done
"$sluice" run "$file" --quiet --threads 2 --out out --cache cache
check_whole
[ "$sweeps" -gt 0 ] || fail 'no sweep was ever completed'
echo "$stops stops in $((sweeps + 1)) sweeps, $unfinished with a file half written; same bytes"
