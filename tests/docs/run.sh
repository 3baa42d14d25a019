#!/bin/sh
# The examples of a page of docs/, done again: a block of yaml, csv or python is the file that the
# line above it names, and in a block of console each "$ COMMAND" prints what stands below it.
# What begins with python3 is left out where none has NumPy and h5py. Binary files that a page
# speaks of lie in data/. usage: run.sh SLUICE PAGE
set -u
PATH=$(cd "$(dirname "$1")" && pwd):$PATH
here=$(cd "$(dirname "$0")" && pwd)
page=$here/../../docs/$2
unset SLUICE_CONFIG_PATH SLUICE_DATA_DIR NO_COLOR SIZE COUNT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir blocks
cp -R "$here/data/." .
for python in python3 /usr/bin/python3; do
    $python -c 'import numpy, h5py' 2> /dev/null || continue
    mkdir bin
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v $python)" > bin/python3
    chmod +x bin/python3
    PATH=$work/bin:$PATH
    break
done

# blocks/NNN.yaml and blocks/NNN.console, in their order.
awk '
/^`[^`]*\.(yaml|csv|py)`$/ { path = substr($0, 2, length($0) - 2) }
/^```(yaml|csv|python|console)$/ {
    name = sprintf("blocks/%03d.%s", ++n, substr($0, 4))
    print path > (name ".path")
    next
}
/^```$/ { name = ""; next }
name { print > name }
' "$page"

play() {
    while IFS= read -r line; do
        case $line in
        "$ "*)
            echo "$line"
            sh -c "${line#\$ }" 2>&1
            ;;
        esac
    done < "$1"
}

failures=0
examples=0
for path in blocks/*.path; do
    block=${path%.path}
    case $block in
    *.yaml | *.csv | *.python)
        read -r file < "$block.path"
        mkdir -p "$(dirname "$file")"
        cp "$block" "$file"
        ;;
    *.console)
        if grep -q '^\$ python3 ' "$block" && [ ! -x bin/python3 ]; then
            echo "$block: there is no python with NumPy and h5py"
            continue
        fi
        play "$block" > got
        examples=$((examples + 1))
        if ! diff "$block" got; then
            echo "FAIL $block"
            failures=$((failures + 1))
        fi
        ;;
    esac
done
echo "$examples examples, $failures failures"
[ $failures -eq 0 ] && [ $examples -gt 0 ]
