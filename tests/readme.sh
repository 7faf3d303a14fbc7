#!/usr/bin/env bash
# The C program in the README does what the README says: takes it out, compiles it with the public
# header alone, runs it on the embedded digits and looks at the accuracy it prints.
# Usage: readme.sh SOURCE_ROOT BUILD_ROOT LIBRARY COMPILER...
set -eu
source_root=$1 build_root=$2 library=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk '/^```c$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$source_root/README.md" >"$work/mnist.c"
lines=$(wc -l <"$work/mnist.c")
[ "$lines" -gt 5 ] || { echo "the README has no C program" && exit 1; }
[ "$lines" -le 30 ] || { echo "the README's C program has grown to $lines lines" && exit 1; }

"$@" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$source_root/include" "$work/mnist.c" -o "$work/mnist" \
    "$library" -Wl,-rpath,"$build_root/src"
cd "$work"
./mnist | tee output
grep -Eq '^test accuracy 9[6-9]\.[0-9]+ %$' output
[ -s digits.safetensors ]
