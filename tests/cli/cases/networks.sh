# --networks: several networks as one model, whose outputs are the mean of theirs; with any number of threads.
cp "$fixtures/table/flats.csv" .
hash_of() {
    grep -o '"weights_hash":"[0-9a-f]*"' "$1" | tail -1
}
train() {
    nnfs-train -q flats.csv --drop remark --target sold --preset plain --hidden 8 -e 3 --test 0 "$@"
}
for seed in 1 2 3; do
    train -s $seed -o "single$seed"
done
for threads in 1 2 3; do
    train --networks 3 -t $threads -o three --log $threads.jsonl
done
[ "$(hash_of 1.jsonl)" = "$(hash_of 2.jsonl)" ] && [ "$(hash_of 1.jsonl)" = "$(hash_of 3.jsonl)" ] &&
    echo "the same weights with any number of threads"
nnfs-predict -q three flats.csv >mean.csv
nnfs-predict -q single1 single2 single3 flats.csv | paste -d , - mean.csv | awk -F, 'NR > 1 {
    d = $3 - $6
    if (d > 1e-6 || d < -1e-6) wrong++
} END { print NR - 1 " rows, " wrong + 0 " of them not the mean of the single models" }'
nnfs-predict -q --spread three flats.csv | head -n 1
nnfs-show three | grep ensemble
grep -o '"event":"[a-z]*"' 1.jsonl | sort | uniq -c

# Each holds out validation data of its own. With --refit other networks do, and these train on all.
run nnfs-train flats.csv --drop remark --target price --preset plain --hidden 8 -e 4 --networks 2 --validation 0.2 -o held
run nnfs-train flats.csv --drop remark --target price --preset plain --hidden 8 -e 4 --refit 2 --validation 0.2 -o refitted
nnfs-export -q three --onnx three.onnx --c three.c --check flats.csv 2>/dev/null
echo "=> $?"
run nnfs-export three --safetensors three.safetensors
run nnfs-train flats.csv --from three -o more

# The preset best is an ensemble, unless a run has checkpoints.
nnfs-train flats.csv --drop remark --target sold --preset best -e 2 -o best 2>&1 |
    grep -E '^(preset|network|refit|trained|calibrate)' | sed -E 's/temperature [0-9]+\.[0-9]+/temperature T/; s/  .*|loss .*| in .*//'
nnfs-train flats.csv --drop remark --target sold --preset best -e 2 -o none --checkpoint kept 2>&1 | grep ^preset
nnfs-train flats.csv --drop remark --target sold --preset best -e 2 -o none --networks 1 2>&1 | grep ^preset
run nnfs-train flats.csv --networks 2 --checkpoint kept -o none
run nnfs-train flats.csv --refit 2 --checkpoint kept -o none
run nnfs-train flats.csv --refit 2 -o none
run nnfs-train flats.csv --networks 65 -o none
# A single one is tuned.
nnfs-tune -q flats.csv --drop remark --target sold --preset best -e 1 --lr 0.002 --log tune.jsonl 2>/dev/null |
    grep -E '^(best|repeat)' | sed -E 's/ +[0-9.]+ %/ P %/'
