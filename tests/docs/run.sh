#!/bin/sh
# The examples of a page of docs/, done again: a block of yaml or csv is the file that the line
# above it names, and in a block of console each "$ COMMAND" prints what stands below it.
# Binary files that a page speaks of lie in data/. usage: run.sh SLUICE PAGE
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

# blocks/NNN.yaml and blocks/NNN.console, in their order.
awk '
/^`[^`]*\.(yaml|csv)`$/ { path = substr($0, 2, length($0) - 2) }
/^```(yaml|csv|console)$/ {
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
    *.yaml | *.csv)
        read -r file < "$block.path"
        mkdir -p "$(dirname "$file")"
        cp "$block" "$file"
        ;;
    *.console)
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
