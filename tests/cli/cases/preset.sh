# Presets stand for options that a run prints and that options given by hand override.
cp "$fixtures/table/flats.csv" .
run nnfs-train flats.csv --drop remark --target price -e 2 -o price
run nnfs-train flats.csv --drop remark --target price --preset fast --hidden 4 --embedding none -b 7 -o none
run nnfs-train flats.csv --drop remark --target price --normalization layer --hidden 4 -e 1 -o none
nnfs-train digits -e 0 -o none 2>&1 | grep -c preset
run nnfs-train flats.csv --drop remark --target price --preset beast -o none
run nnfs-train flats.csv --embedding piecewise:bins=0 -o none
run nnfs-train flats.csv --embedding piecewise:depth=2 -o none
run nnfs-train flats.csv --embedding fourier -o none
run nnfs-train flats.csv --members 0 -o none

# The same bits with any number of threads, and from a checkpoint.
hash_of() {
    grep -o '"weights_hash":"[0-9a-f]*"' "$1" | tail -1
}
for threads in 1 2 3; do
    nnfs-train -q flats.csv --drop remark --target sold --preset balanced -e 6 -t $threads -o sold$threads \
        --log $threads.jsonl
done
[ "$(hash_of 1.jsonl)" = "$(hash_of 2.jsonl)" ] && [ "$(hash_of 1.jsonl)" = "$(hash_of 3.jsonl)" ] &&
    echo "the same weights with any number of threads"
cmp sold1 sold2 && echo "the same model"

part_run() {
    nnfs-train -q flats.csv --drop remark --target sold -e 6 -t 1 -o none "$@" # balanced is the default
}
part_run --log again.jsonl --checkpoint kept --checkpoint-every 3steps
rm kept/best.safetensors kept/checkpoint-000006-*
find kept -name '*.safetensors' | sort | tail -n 1
nnfs-train -q --resume kept
echo "=> $?, $(grep -c '"event":"resume"' again.jsonl) resumed"
[ "$(hash_of again.jsonl)" = "$(hash_of 1.jsonl)" ] && echo "the same weights from a checkpoint"

# Where what was saved is used, it predicts as it did.
nnfs-predict -q sold1 flats.csv -t 1 >one
nnfs-predict -q sold1 flats.csv -t 2 | cmp - one && echo "the same predictions"
run nnfs-show sold1

# What a state dict does not have.
run nnfs-export sold1 --safetensors sold.safetensors
# What exports write: quantiles, robust numbers and columns of two categories.
nnfs-train -q flats.csv --drop remark --target price --preset plain --scale robust -e 1 -o robust
nnfs-train -q flats.csv --drop remark --target price --preset plain --two-valued -e 1 -o two
awk -F, -v OFS=, 'NR % 9 == 2 {$2 = 1e9} NR % 9 == 3 {$2 = -1e9; $3 = ""} {print}' flats.csv |
    sed '5s/,no,/,never seen,/; 6s/,yes,/,never seen,/; 7s/,yes,/,,/; 8s/,no,/,,/' >awkward.csv
for model in price sold1 robust two; do
    for data in flats.csv awkward.csv; do
        nnfs-export -q $model --onnx model.onnx --c model.c --check $data 2>/dev/null
        echo "$model, $data => $?"
    done
done
nnfs-export two --c two.c --int8 --check flats.csv >int8.txt 2>/dev/null
grep -c '^int8 ' int8.txt
run nnfs-import model.onnx -o again
nnfs-show robust | grep -E "area|sold"
nnfs-show two | grep sold

# More than 256 columns: those that tell nothing of the target are left out.
wide() {
    awk -v rows="$1" 'BEGIN { srand(6); for (j = 0; j < 260; j++) printf "x%d,", j; print "y"
        for (i = 0; i < rows; i++) { for (j = 0; j < 260; j++) printf "%.3f,", rand(); print rand() * 100 } }'
}
wide 100 >short.csv
wide 900 >long.csv
awk -F, -v OFS=, 'NR > 1 { $261 = $3 + $50 > 1 ? "yes" : "no" } { print }' short.csv >classes.csv
awk -F, -v OFS=, 'NR > 1 { $261 = "c" int(2 * ($3 + $50)) } { print }' short.csv >several.csv
awk -F, -v OFS=, 'NR > 1 { $261 = $3 + $50 + $51 } { print }' short.csv >sums.csv
for data in "short.csv" "classes.csv" "classes.csv --screen 0" several.csv \
    "several.csv --hidden 9,9" "long.csv --screen 0"; do
    # shellcheck disable=SC2086
    nnfs-train $data --preset balanced -e 1 --test 0 -o wide 2>&1 | grep -E '^(preset|  +--)'
done
nnfs-train sums.csv -e 1 --test 0 -o wide --log wide.jsonl 2>&1 | sed -n '/column /,/^predicts/p'
grep -o '"screen":[0-9.]*' wide.jsonl
nnfs-show wide | sed -n '/^takes/,/^predicts/p'
nnfs-predict -q wide sums.csv >one
cut -d, -f3,50,51,57 sums.csv | nnfs-predict -q wide - -o two
cmp one two && echo "the same predictions without the columns that were screened out"
nnfs-export -q wide --onnx wide.onnx --c wide.c --check sums.csv 2>/dev/null
echo "=> $?"
for threads in 1 2 3; do
    nnfs-train -q sums.csv -e 2 --test 0 -t $threads -o wide$threads
done
run nnfs-train sums.csv --screen 1 -o none
cmp wide1 wide2 && cmp wide1 wide3 && echo "the same model with any number of threads"

# More than a million rows: epochs by their samples.
seq 1200000 | awk '{ print $1 % 1009 "," $1 % 7 + $1 % 3 }' >rows.csv
for preset in fast balanced; do
    nnfs-train rows.csv --task numbers --preset $preset --test 0 -o none --show-program 2>&1 |
        grep -o -e '--batch.*'
done
