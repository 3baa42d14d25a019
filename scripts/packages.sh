#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what is missing of one or more lists of Debian and Ubuntu packages:
#
#     sh scripts/packages.sh build tests
#
# Asks nothing, and changes nothing where all is there. SLUICE_NO_INSTALL=1 turns it off,
# for machines where the libraries come from elsewhere.
set -eu

build='gcc libc6-dev cmake ninja-build pkg-config libyaml-dev libhdf5-dev
    libopenblas-pthread-dev zlib1g-dev libssl-dev libjansson-dev libzip-dev libcsv-dev libpng-dev libcurl4-openssl-dev
    libcmocka-dev ca-certificates gnuplot-nox'
tests='hdf5-tools python3 python3-h5py python3-onnx python3-jsonschema mandoc zsh'
checks='clang clang-format-14 valgrind'
bench='python3-torch python3-numpy python3-h5py python3-sklearn hyperfine'
fashion='dataset-fashion-mnist'
npm='npm'

say() { printf '%s\n' "packages: $*" >&2; }

# installed PACKAGE: is it there?
installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# apt WORDS...: apt-get as root, without questions; its words go to the log.
apt() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        "$@" </dev/null >>"$log" 2>&1
}

wanted=
for list in "$@"; do
    case $list in
    build) wanted="$wanted $build" ;;
    tests) wanted="$wanted $tests" ;;
    checks) wanted="$wanted $checks" ;;
    bench) wanted="$wanted $bench" ;;
    fashion) wanted="$wanted $fashion" ;;
    npm) wanted="$wanted $npm" ;;
    *)
        say "no list '$list'; there are build, tests, checks, bench, fashion, npm"
        exit 2
        ;;
    esac
done
[ "${SLUICE_NO_INSTALL:-0}" != 1 ] || exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "no apt-get here; install what Debian calls" $wanted "and run this again with" \
        "SLUICE_NO_INSTALL=1"
    exit 3
fi

missing=
for package in $wanted; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        say "not root, and no sudo; run as root: apt-get install" $missing
        exit 3
    fi
    root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "installing" $missing
if apt install --no-install-recommends $missing ||
    { apt update && apt install --no-install-recommends $missing; }; then
    exit 0
fi
cat "$log" >&2
say "apt-get failed, its words are above; mend it, or run yourself:" \
    "apt-get install" $missing
exit 3
