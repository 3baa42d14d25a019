#!/bin/sh
# An installed program finds its configurations and figures, wherever the prefix was moved.
# usage: run.sh SLUICE MAKE_IDX
set -eu
build=$(cd "$(dirname "$1")" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
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
"$work/moved/bin/sluice" new idea --from flow > new.log || fail "no templates"

# paths are shown as they are, not by the way they were found
if "$work/moved/bin/sluice" list configs --csv | grep -F '/../'; then
    fail "configurations are shown by detours"
fi
echo 'use: nowhere.yaml' > lost.yaml
"$work/moved/bin/sluice" check lost.yaml > lost.log 2>&1 || true
grep -qF "looked for nowhere.yaml, $(realpath "$work")/moved/share/sluice/configs/nowhere.yaml" lost.log ||
    fail "it does not say where it looked: $(cat lost.log)"
printf 'modules: nowhere.so\n' > lost.yaml
"$work/moved/bin/sluice" check lost.yaml > lost.log 2>&1 || true
grep -qF "$(realpath "$work")/moved/lib/sluice/modules/nowhere.so" lost.log ||
    fail "it does not say where it looked for a module: $(cat lost.log)"

# the manual: a page for each command, and the shells' completion
man=$work/moved/share/man
for command in $(sluice __complete -- '' | cut -f1 | grep -v '^-'); do
    [ -s "$man/man1/sluice-$command.1" ] || fail "no page of $command"
done
for page in "$man"/man1/*.1 "$man"/man5/sluice-experiment.5; do
    [ -s "$page" ] || fail "$page is empty"
    if command -v mandoc > /dev/null; then
        # a page without a date is the same whenever it is made
        mandoc -T lint "$page" | grep -v 'missing date' && fail "$page is not clean"
    fi
    if command -v groff > /dev/null; then
        groff -ww -man -Tascii -z "$page" 2> groff.log && [ ! -s groff.log ] ||
            fail "groff: $(cat groff.log)"
    fi
done
grep -q 'complete -F _sluice' "$work/moved/share/bash-completion/completions/sluice" ||
    fail "no completion for bash"
head -n 1 "$work/moved/share/zsh/site-functions/_sluice" | grep -qx '#compdef sluice' ||
    fail "no completion for zsh"
# variables that the program reads are in its page
for variable in $(grep -rhoE '"SLUICE_[A-Z_]+"' "$source/runner" | tr -d '"' | sort -u); do
    tr -d '\\' < "$man/man1/sluice.1" | grep -q "$variable" || fail "no page tells of $variable"
done
[ -s "$work/moved/share/doc/sluice/LICENSE" ] || fail "no licence"
