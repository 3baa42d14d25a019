#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, tests. The last line counts.
#
#     sh scripts/test.sh [PRESET]        release, dev, tsan or clang; release by default
#
# Tests on real images need $SLUICE_TEST_DATA, a folder with mnist/ and kmnist/ in it; a
# folder sluice-data in the checkout serves as well. Without one they are skipped.
set -eu
cd "$(dirname "$0")/.."
preset=${1:-release}

sh scripts/packages.sh build tests
if [ -z "${SLUICE_TEST_DATA:-}" ] && [ -d sluice-data ]; then
    SLUICE_TEST_DATA=$PWD/sluice-data
    export SLUICE_TEST_DATA
fi
[ -n "${SLUICE_TEST_DATA:-}" ] ||
    echo 'test: SLUICE_TEST_DATA is not set; tests on real images are skipped' >&2

# Old gcc's ThreadSanitizer and new kernels disagree about address randomisation.
fixed=
if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then
    fixed='setarch -R'
fi

cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
report=$PWD/build/$preset/tests.xml
rm -f "$report"
status=0
$fixed ctest --preset "$preset" --parallel "$(getconf _NPROCESSORS_ONLN)" \
    --output-junit "$report" </dev/null || status=$?

# count NAME: an attribute of the report's <testsuite>, one a line.
count() { sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p" "$report" | head -n 1; }
tests=$(count tests) failed=$(count failures)
skipped=$(count skipped) disabled=$(count disabled)
if [ "${tests:-0}" -eq 0 ]; then
    echo '0 passed, 1 failed'
    exit 1
fi
[ "$skipped" -eq 0 ] || echo "test: $skipped skipped" >&2
echo "$((tests - failed - skipped - disabled)) passed, $failed failed"
exit "$status"
