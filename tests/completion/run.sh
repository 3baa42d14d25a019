#!/bin/sh
# Command lines are completed in real shells. usage: run.sh SLUICE bash|zsh
set -eu
sluice=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
unset SLUICE_CONFIG_PATH SLUICE_PLOT_PATH SLUICE_DATA_DIR
if ! command -v "$2" > /dev/null; then
    echo "skipped: no $2"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$sluice" new flow --from flow > /dev/null
sed 's/^figures:.*/figures: []/; s/epochs: .*/epochs: 1/' flow/experiment.yaml > flow.yaml
rm -r flow
"$sluice" run flow.yaml --quiet --cache cache --threads 1
PYTHONDONTWRITEBYTECODE=1 python3 "$here/shells.py" "$sluice" "$2" "$work"
