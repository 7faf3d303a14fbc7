#!/bin/sh
# What the shared library shows the world: every NNFS_API function of the public header, and nothing
# else. Usage: exports.sh NM LIBRARY HEADER
set -eu
nm=$1
library=$2
header=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A declaration runs from NNFS_API to its bracket; its name is the last word before that.
grep -v '^#' "$header" | tr '\n' ' ' | sed 's,/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/,,g' |
    grep -oE 'NNFS_API [^;(]*\(' | grep -oE '[A-Za-z0-9_]+\($' | tr -d '(' |
    LC_ALL=C sort >"$work/declared"
"$nm" -D --defined-only "$library" >"$work/symbols"
awk '{ print $NF }' "$work/symbols" | LC_ALL=C sort >"$work/exported"

LC_ALL=C comm -23 "$work/declared" "$work/exported" >"$work/absent"
LC_ALL=C comm -13 "$work/declared" "$work/exported" >"$work/extra"
sed 's/^/declared in the header, but not exported: /' "$work/absent"
sed 's/^/exported, but not in the header: /' "$work/extra"
echo "$(wc -l <"$work/declared") functions in the header, $(wc -l <"$work/exported") symbols exported"
[ -s "$work/declared" ] && [ ! -s "$work/absent" ] && [ ! -s "$work/extra" ]
