#!/bin/sh
# The schema that the program prints, in the hands of a real validator.
# usage: run.sh SLUICE YAML_JSON
set -u
source=$(cd "$(dirname "$0")/../.." && pwd)
unset SLUICE_CONFIG_PATH SLUICE_PLOT_PATH

# Debian's Python has Debian's packages; another one may stand before it in $PATH.
for python in /usr/bin/python3 python3; do
    "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2> /dev/null || continue
    exec "$python" "$source/tests/schema/validate.py" "$1" "$2" "$source"
done
echo "skipped: no Python with jsonschema"
exit 77
