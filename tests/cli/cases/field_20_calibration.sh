# Probabilities calibrated on the validation data are part of the model, with any number of threads, from a
# checkpoint, and in what is exported.
awk 'BEGIN {
    seed = 5
    print "a,b,kind"
    for (i = 0; i < 2000; i++) {
        for (j = 0; j < 3; j++) {
            seed = (seed * 16807) % 2147483647
            u[j] = seed / 2147483647
        }
        print u[0] "," u[1] "," (u[0] + u[2] > 1.2 ? "x" : (u[1] > u[2] ? "y" : "z"))
    }
}' >kinds.csv
part_run() {
    nnfs-train -q kinds.csv --preset plain -e 6 --validation 0.3 --label-smoothing 0.4 "$@"
}
hash_of() {
    grep -o '"weights_hash":"[0-9a-f]*"' "$1" | tail -1
}
loss_of() {
    grep -o '"test_log_loss":[0-9.]*' "$1" | tail -1 | sed 's/.*://'
}
part_run --log plain.jsonl -o plain
for threads in 1 2 3; do
    part_run -t $threads --calibration-method temperature --log $threads.jsonl -o model$threads
done
[ "$(hash_of 1.jsonl)" = "$(hash_of 2.jsonl)" ] && [ "$(hash_of 1.jsonl)" = "$(hash_of 3.jsonl)" ] &&
    echo "the same weights with any number of threads"
[ "$(hash_of 1.jsonl)" != "$(hash_of plain.jsonl)" ] && echo "others than without"
awk -v a="$(loss_of 1.jsonl)" -v b="$(loss_of plain.jsonl)" 'BEGIN { if (a < b) print "a smaller log loss on the test data" }'
head -c 4000 model1 | grep -ao '"note.temperature":"0' | uniq
grep -o '"temperature":0' 1.jsonl
nnfs-train kinds.csv --preset plain -e 6 --validation 0.3 --label-smoothing 0.4 --calibration-method temperature -o none 2>/dev/null |
    grep ^calibrate | sed -E 's/[0-9.]+/T/'

# A checkpoint is of the network before that.
part_run --calibration-method temperature --log again.jsonl --checkpoint kept -o none
nnfs-train -q --resume kept -o resumed --log none
cmp -s resumed model1 || nnfs-eval -q resumed kinds.csv --split test --json | grep -o '"weights_hash":"[0-9a-f]*"' |
    grep -qxF "$(hash_of 1.jsonl)" && echo "the same weights from a checkpoint"
nnfs-export -q model1 --onnx model.onnx --check kinds.csv
echo "=> $?"

# Numbers have no probabilities, and without validation data there is nothing to go by.
nnfs-train -q kinds.csv --preset plain --target a --validation 0.3 --calibration-method temperature -o numbers
echo "=> $?"
nnfs-train -q kinds.csv --preset plain -e 6 --label-smoothing 0.4 -o one
nnfs-train -q kinds.csv --preset plain -e 6 --label-smoothing 0.4 --calibration-method temperature -o two
nnfs-predict -q one kinds.csv >one.csv
nnfs-predict -q two kinds.csv | cmp - one.csv && echo "as without"
run nnfs-train kinds.csv --preset plain --calibration-method platt
