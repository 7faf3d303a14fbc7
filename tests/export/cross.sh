#!/usr/bin/env bash
# Exported C on arm64 and on a Cortex-M4, with its FPU and in software floats, under QEMU: the same
# predictions as here, to 1e-5; an integer network of 784-128-10 fits into 110 kB of flash and 2 kB of RAM.
# Usage: cross.sh FOLDER_OF_THE_TOOLS
set -euo pipefail
tools=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
for program in aarch64-linux-gnu-gcc qemu-aarch64 arm-none-eabi-gcc qemu-system-arm; do
    command -v "$program" >/dev/null || {
        echo "skipped: $program is not here"
        exit 77
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PATH=$tools:$PATH

# compare EXPECTED GOT UNIT: names alike, numbers equal to 1e-5 of themselves or of UNIT
compare() {
    awk -F, -v unit="$3" '
        NR == FNR { line[FNR] = $0; count = FNR; next }
        {
            sub(/\r$/, ""); rows++; n = split(line[FNR], want, ",")
            for (i = 1; i <= n; i++) {
                d = want[i] - $i; d = d < 0 ? -d : d; m = want[i] < 0 ? -want[i] : want[i]
                if (want[i] ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ ? !(d <= 1e-5 * (m > unit ? m : unit)) : want[i] != $i) {
                    print FNR ": " line[FNR] " / " $0; wrong++
                }
            }
        }
        END { exit wrong > 0 || rows != count || rows < 2 }' "$1" "$2"
}

cortex_m() {
    arm-none-eabi-gcc -std=c99 -O2 -mcpu=cortex-m4 -mthumb "$@" --specs=rdimon.specs -nostartfiles \
        -T "$here/cortex_m/memory.ld" "$here/cortex_m/start.c" "$crt" -DMAIN "$source" -lm -o cortex.elf
    timeout 120 qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel cortex.elf <flats.csv
}

awk 'BEGIN {
    srand(1); print "size,town,floors,price"; split("Rome York Oslo", towns, " ")
    for (i = 0; i < 200; i++) {
        s = 40 + 100 * rand(); t = 1 + int(3 * rand()); f = int(1 + 4 * rand())
        printf "%s,%s,%s,%.2f\n", i % 17 ? s : "", towns[t], i % 11 ? f : "NA", 1000 * s + 5000 * t + 300 * f
    }
}' >flats.csv
nnfs-train --preset plain flats.csv --target price --activation gelu -e 3 -q -o numbers.safetensors
nnfs-export numbers.safetensors -q --c numbers.c
nnfs-predict -q numbers.safetensors flats.csv >expected.csv

aarch64-linux-gnu-gcc -std=c99 -O2 -static -DMAIN numbers.c -lm -o arm64
qemu-aarch64 ./arm64 <flats.csv >got.csv
compare expected.csv got.csv 1000
echo 'arm64: the same'
nnfs-export numbers.safetensors -q --c integers.c --int8 --calibrate flats.csv
cc -std=c99 -O2 -DMAIN integers.c -lm -o integers
./integers <flats.csv >integers.csv
for floats in soft hard; do
    options=("-mfloat-abi=$floats")
    [ $floats = soft ] || options+=(-mfpu=fpv4-sp-d16)
    crt=$(arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb "${options[@]}" -print-file-name=rdimon-crt0.o)
    source=numbers.c
    cortex_m "${options[@]}" >got.csv
    compare expected.csv got.csv 1000
    source=integers.c
    cortex_m "${options[@]}" >got.csv
    compare integers.csv got.csv 1000
    echo "Cortex-M4, $floats floats: the same, and of int8"
done

nnfs-train digits -e 1 -q -o digits.safetensors
nnfs-export digits.safetensors -q --c digits.c --int8 --calibrate digits
arm-none-eabi-gcc -std=c99 -Os -mcpu=cortex-m4 -mthumb -fstack-usage -ffunction-sections -c digits.c -o digits.o
arm-none-eabi-size digits.o
flash=$(arm-none-eabi-size digits.o | awk 'NR == 2 { print $1 + $2 }')
stack=$(awk '{ sum += $(NF - 1) } END { print sum }' digits.su)
# "int8 accuracy 98.1 %, 98.2 % in float"
loss=$(nnfs-export digits.safetensors --c digits.c --int8 --calibrate digits --check digits |
    awk '/^int8 / { print $5 - $3 }')
echo "int8: accuracy lost $loss points"
awk -v loss="$loss" 'BEGIN { exit !(loss != "" && loss > -1 && loss <= 0.3) }'
echo "int8 784-128-10: $flash bytes of flash, $((stack + 784 + 40)) bytes of RAM"
[ "$flash" -le 110000 ] && [ $((stack + 784 + 40)) -le 2048 ]
