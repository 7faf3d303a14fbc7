#!/usr/bin/env bash
# Exports compute what the model computes: ONNX in the reference interpreter, C compiled by each compiler
# that is here, as strictly as they can, with UndefinedBehaviorSanitizer, on tables with awkward cells and
# on pictures; what is imported and exported again is the same bytes.
# Usage: formats.sh FOLDER_OF_THE_TOOLS [all]; without "all" some of the models are compiled, by one compiler.
set -euo pipefail
tools=$(realpath "$1")
tests=$(realpath "$(dirname "$0")/..")
compilers=(gcc)
models=(layer vectors periodic)
if [ "${2:-}" = all ]; then
    compilers=(gcc clang)
    models=(dates layer members votes robust vectors periodic)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PATH=$tools:$PATH
# shellcheck source=tests/make_idx.sh
. "$tests/make_idx.sh"

# compare EXPECTED GOT: the same header and names, numbers equal to 1e-5 of themselves or of `unit`
compare() {
    awk -F, -v unit="$3" '
        function far(a, b) { d = a > b ? a - b : b - a; m = a < 0 ? -a : a; return d / (m > unit ? m : unit) }
        NR == FNR { line[FNR] = $0; count = FNR; next }
        {
            rows++
            n = split(line[FNR], want, ",")
            for (i = 1; i <= NF; i++) {
                number = want[i] ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/
                if (number ? far(want[i], $i) > 1e-5 : want[i] != $i) { print FNR ": " line[FNR] " / " $0; wrong++ }
            }
            if (n != NF) { print FNR ": cells"; wrong++ }
        }
        END { exit wrong > 0 || rows != count || rows < 2 }' "$1" "$2"
}

# A table with missing cells, commas, quotes and letters beyond ASCII.
awk 'BEGIN {
    srand(1)
    print "size,\"place, or town\",label,floors,\"gr\303\266\303\237e\",price"
    split("Rome,\"York, North\",Z\303\274rich,\"the \"\"old\"\" town\",What?", towns, ",")
    town[0] = "Rome"; town[1] = "\"York, North\""; town[2] = "Z\303\274rich"; town[3] = "\"the \"\"old\"\" town\""; town[4] = ""
    for (i = 0; i < 300; i++) {
        size = int(40 + 100 * rand()); at = int(5 * rand()); floors = int(1 + 4 * rand())
        printf "%s,%s,%s,%s,%.3f,%.2f\n", i % 17 ? size : "NA", town[at], i % 2 ? "a" : "b",
            i % 11 ? floors : "", rand(), 1000 * size + 5000 * at + 300 * floors
    }
}' >flats.csv
sed 's/York, North/never seen/; s/,a,/,new,/; 150q' flats.csv >awkward.csv
make_idx pictures train 60 64 3
make_idx pictures t10k 20 64 3

nnfs-train --preset plain flats.csv --target price --missing-indicator -e 5 -q -o numbers.safetensors
nnfs-train --preset plain flats.csv --target label --activation gelu --hidden 9,7 -e 5 -q -o classes.safetensors
nnfs-train --preset plain flats.csv --target label --output-activation sigmoid --loss binary_cross_entropy \
    -e 5 -q -o yes.safetensors 2>/dev/null || rm -f yes.safetensors
# Dates with and without a time of day; layers normalised; members and embeddings; other scalings.
awk 'BEGIN {
    srand(2); print "day,size,town,lift,stamp,price"; split("Rome,Oslo,Z\303\274rich", towns, ",")
    for (i = 0; i < 300; i++) {
        y = 1969 + int(60 * rand()); m = int(1 + 12 * rand()); d = int(1 + 28 * rand()); h = int(24 * rand())
        day = i % 13 ? sprintf("%02d.%02d.%d", d, m, y) : ""
        printf "%s,%.2f,%s,%s,%d-%02d-%02d %02d:%02d:%02d,%.2f\n", day, 100 * rand(), towns[1 + int(3 * rand())],
            i % 3 ? "yes" : "no", y, m, d, h, int(60 * rand()), int(60 * rand()), 20 * m + h + i
    }
}' >days.csv
nnfs-train days.csv --target price --preset plain -e 3 -q -o dates.safetensors
nnfs-train days.csv --target price --preset plain --normalization layer --hidden 12,8 -e 3 -q -o layer.safetensors
nnfs-train days.csv --target price --preset plain --normalization batch --hidden 12,8 -e 3 -q -o batch.safetensors
nnfs-train days.csv --target price --preset balanced --hidden 16,8 --members 3 -e 3 -q -o members.safetensors
nnfs-train days.csv --target town --preset fast --hidden 16 --members 4 -e 3 -q -o votes.safetensors
nnfs-train days.csv --target price --preset plain --scale robust --two-valued -e 3 -q -o robust.safetensors
nnfs-train days.csv --target price --preset balanced --hidden 16,8 --members 3 --category-width 2 -e 3 -q -o vectors.safetensors
nnfs-train days.csv --target town --preset fast --hidden 16 --members 4 --embedding periodic:frequencies=6 -e 3 -q -o periodic.safetensors
for model in dates layer batch members votes robust vectors periodic; do
    nnfs-export $model.safetensors --onnx $model.onnx --c $model.c --check days.csv
    nnfs-export $model.safetensors --c $model.int8.c --int8 --check days.csv
done

nnfs-train pictures --activation silu --hidden 12,8 -e 2 -q -o pictures.safetensors

for model in numbers classes pictures; do
    data=awkward.csv
    [ $model != pictures ] || data=pictures
    nnfs-export $model.safetensors --onnx $model.onnx --c $model.c --safetensors $model.torch --check $data
done
# Several networks, targets on a log scale, calibrated probabilities.
nnfs-train days.csv --target town --preset balanced --hidden 8 --networks 2 -e 1 -q -o networks.safetensors
nnfs-train days.csv --target price --preset balanced --hidden 8 --log-target yes --category-width 2 \
    --embedding periodic:frequencies=4 --networks 3 -e 1 -q -o logs.safetensors
nnfs-train days.csv --target town --preset plain --validation 0.3 --calibration-method temperature -e 3 -q \
    -o calibrated.safetensors
nnfs-train pictures --hidden 8 --networks 2 -e 1 -q -o albums.safetensors
for model in networks logs calibrated albums; do
    nnfs-export -q $model.safetensors --onnx $model.onnx
done
for model in numbers classes pictures dates layer batch members votes robust vectors periodic networks logs \
    calibrated albums; do
    nnfs-import -q $model.onnx -o again.safetensors
    nnfs-export -q again.safetensors --onnx again.onnx
    cmp $model.onnx again.onnx
done
nnfs-predict -q logs.safetensors days.csv >logs.csv
nnfs-import -q logs.onnx -o again.safetensors
nnfs-predict -q again.safetensors days.csv | cmp - logs.csv
nnfs-import -q pictures.torch -o again.safetensors
nnfs-export -q again.safetensors --safetensors again.torch
cmp pictures.torch again.torch
nnfs-export pictures.safetensors --c int8.c --int8 --check pictures >int8.txt
grep -q '^int8 ' int8.txt

# The main of pictures reads pixels, without a header, and nothing else.
nnfs-predict -q pictures.safetensors pictures >expected.csv
${CC:-cc} -std=c99 -O2 -DMAIN pictures.c -lm -o pictures-main
tail -c $((20 * 64)) pictures/t10k-images-idx3-ubyte | od -An -v -tu1 -w64 | sed 's/^ *//; s/  */,/g' >pixels.csv
./pictures-main <pixels.csv >got.csv
compare expected.csv got.csv 1
for pixel in 256 -1 1e300 nan x; do
    sed "1s/^[0-9]*/$pixel/" pixels.csv >wrong.csv
    ! ./pictures-main <wrong.csv >got.csv 2>said || exit 1
    grep -qxF "line 1: not a number: '$pixel'" said
done
# Columns without names that are far behind in a wide file.
awk 'BEGIN { srand(3); for (i = 0; i < 30; i++) { for (j = 0; j < 5000; j++) printf "7,"; print rand() "," rand() } }' >wide.csv
nnfs-train wide.csv --header no --preset plain -e 1 -q -o wide.safetensors
nnfs-export -q wide.safetensors --c wide.c --check wide.csv

# No other header than math.h without -DMAIN.
for model in classes dates members int8; do
    sed '/^#ifdef MAIN/,$d' $model.c | grep '^#include <'
done | sort | uniq -c
strict=(-std=c99 -Wall -Wextra -Werror -pedantic -O2 -ffp-contract=off)
for cc in "${compilers[@]}"; do
    command -v "$cc" >/dev/null || continue
    checked=(-fsanitize=undefined -fno-sanitize-recover=all)
    # Clang's runtime is a package of its own.
    echo 'int main(void) { return 0; }' | $cc "${checked[@]}" -x c - -o probe 2>/dev/null || checked=()
    for model in numbers classes; do
        $cc "${strict[@]}" "${checked[@]}" -DMAIN $model.c -lm -o $model
        nnfs-predict -q $model.safetensors awkward.csv >expected.csv
        ./$model <awkward.csv >got.csv
        unit=1
        [ $model != numbers ] || unit=1000
        compare expected.csv got.csv $unit
    done
    for model in "${models[@]}"; do
        $cc "${strict[@]}" "${checked[@]}" -DMAIN "$model.c" -lm -o "$model"
        nnfs-predict -q "$model.safetensors" days.csv >expected.csv
        "./$model" <days.csv >got.csv
        unit=1
        [ "$model" = votes ] || [ "$model" = periodic ] || unit=100
        compare expected.csv got.csv $unit
        $cc "${strict[@]}" -c "$model.int8.c" -o int8.o
    done
    $cc "${strict[@]}" -c int8.c -o int8.o
    $cc "${strict[@]}" -c pictures.c -o pictures.o
    $cc -x c++ -Wall -Wextra -Werror -c numbers.h -o /dev/null 2>/dev/null || true
    echo "$cc: tables and pictures"
done
