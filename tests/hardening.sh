#!/bin/sh
# What was built stands up to a fault of ours: addresses are random (PIE), tables of functions are
# read-only once all is bound (full RELRO), no stack can be executed, stacks carry a canary, and the
# functions of libc that know a buffer's size check it (FORTIFY).
# Usage: hardening.sh READELF FORTIFY LIBRARY TOOL...
set -eu
readelf=$1
fortify=$2
shift 2
if ! command -v "$readelf" >/dev/null || [ "$(uname -s)" != Linux ]; then
    echo 'skipped: takes readelf, on Linux'
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

# has PATTERN WHAT: a line of $work/all
has() {
    grep -qE "$1" "$work/all" || {
        echo "$file: no $2"
        wrong=1
    }
}

for file; do
    "$readelf" -W --file-header --dynamic --program-headers --dyn-syms "$file" >"$work/all"
    has '^ *Type: +DYN' 'position-independent code'
    case $file in
    *.so*) ;;
    *) has 'FLAGS_1.*PIE' 'position-independent executable' ;;
    esac
    has '^ *GNU_RELRO' 'read-only relocations'
    has 'BIND_NOW|FLAGS_1.*NOW' 'binding at the start'
    has '^ *GNU_STACK .* RW +0x' 'stack without execution'
    has '__stack_chk_fail' 'stack protector'
    [ "$fortify" = no ] || has '__[a-z]+_chk' "function of FORTIFY $fortify"
done
echo "$# files looked at"
exit "$wrong"
