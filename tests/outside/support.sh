# For the scripts beside it, which set $1 to the program: a work folder with an installed
# sluice in prefix/, and a way to end.
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$(dirname "$1")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLUICE_MODULE_PATH SLUICE_CONFIG_PATH SLUICE_PLOT_PATH
cd "$work"

fail() {
    echo "outside: $*" >&2
    exit 1
}

cmake --install "$build" --prefix "$work/prefix" > install.log || { cat install.log; exit 1; }
sluice=$work/prefix/bin/sluice
CC=${CC:-cc}
