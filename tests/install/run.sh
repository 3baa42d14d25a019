#!/bin/sh
# An installed program finds its configurations and figures, wherever the prefix was moved.
# usage: run.sh SLUICE MAKE_IDX
set -eu
build=$(cd "$(dirname "$1")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLUICE_CONFIG_PATH SLUICE_PLOT_PATH SLUICE_DATA_DIR
cd "$work"

fail() {
    echo "install: $*" >&2
    exit 1
}

cmake --install "$build" --prefix "$work/prefix" > install.log || { cat install.log; exit 1; }
mv prefix moved
mkdir home
PATH=$work/moved/bin:$PATH
cd home

# found through $PATH, by its own path and through a link
ln -s "$work/moved/bin/sluice" link
for program in sluice "$work/moved/bin/sluice" ./link; do
    for experiment in "$work"/moved/share/sluice/experiments/*/experiment.yaml; do
        "$program" check --quiet "$experiment" || fail "$program does not take $experiment"
    done
    "$program" plot --list | grep -q '^roc ' || fail "$program finds no figures"
    "$program" data list | grep -q '^mnist ' || fail "$program finds no data sets"
done
[ -s "$work/moved/share/doc/sluice/LICENSE" ] || fail "no licence"
