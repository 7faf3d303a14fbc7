#!/usr/bin/env bash
# The commands of docs/deploy.md work, one after the other; those for a Cortex-M where its compiler and
# QEMU are here, those of Python where it has ONNX Runtime. Usage: deploy.sh SOURCE_ROOT FOLDER_OF_THE_TOOLS
set -euo pipefail
root=$(realpath "$1")
PATH=$(realpath "$2"):$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p tests/export
ln -s "$root/tests/export/cortex_m" tests/export/cortex_m
awk 'BEGIN {
    srand(1); print "size,town,floors,price"; split("Rome York Oslo", towns, " ")
    for (i = 0; i < 200; i++) {
        s = 40 + 100 * rand(); t = 1 + int(3 * rand()); f = int(1 + 4 * rand())
        printf "%s,%s,%s,%.2f\n", i % 17 ? s : "", towns[t], i % 11 ? f : "NA", 1000 * s + 5000 * t + 300 * f
    }
}' >houses.csv

# block NAME: the blocks of the page that begin with ```NAME
block() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$root/docs/deploy.md" | grep -v '^```'
}

block sh >commands
[ "$(wc -l <commands)" -ge 9 ]
bash -eux commands
[ "$(wc -l <predictions.csv)" -eq 201 ]
if command -v arm-none-eabi-gcc qemu-system-arm >/dev/null; then
    block 'sh cortex-m' >commands
    bash -eux commands
    [ "$(wc -l <cortex.csv)" -eq 201 ]
else
    echo 'the commands for a Cortex-M were not run: its compiler or QEMU is not here'
fi
if python3 -c 'import onnxruntime' 2>/dev/null; then
    block python | python3 -
else
    echo 'the Python was not run: ONNX Runtime is not here'
fi
