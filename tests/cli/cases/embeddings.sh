# Embeddings are part of the network: raw rows go through them in nnfs-eval, nnfs-predict and exports.
cp "$fixtures/table/flats.csv" .
hash_of() {
    grep -o '"weights_hash":"[0-9a-f]*"' "$1" | tail -1
}
sed '5s/,gas,/,never seen,/; 6s/,oil,/,,/' flats.csv >awkward.csv

# check NAME OPTIONS: the same bits with any number of threads and from a checkpoint, and all outputs.
check() {
    local name=$1
    shift
    local -a options=(flats.csv --drop remark --target price --hidden 8 -e 4 "$@")
    for threads in 1 2 3; do
        nnfs-train -q "${options[@]}" -t $threads -o $name$threads --log $name$threads.jsonl
    done
    cmp $name"1" $name"2" && cmp $name"1" $name"3" && echo "$name: the same model with any number of threads"
    nnfs-train -q "${options[@]}" -o none --log again.jsonl --checkpoint kept --checkpoint-every 3steps
    rm -f kept/best.safetensors "$(find kept -name 'checkpoint-*' | sort | tail -n 1)"
    nnfs-train -q --resume kept && echo "resumed $(grep -c '"event":"resume"' again.jsonl) time"
    [ "$(hash_of again.jsonl)" = "$(hash_of "$name"1.jsonl)" ] && echo "$name: the same weights from a checkpoint"
    rm -r kept again.jsonl
    nnfs-predict -q $name"1" awkward.csv -t 1 >one
    nnfs-predict -q $name"1" awkward.csv -t 3 | cmp - one && echo "$name: the same predictions"
    nnfs-export -q $name"1" --onnx model.onnx --c model.c --check awkward.csv 2>/dev/null
    echo "$name: exports => $?"
}
check vectors --preset plain --category-width 2
check waves --preset plain --embedding periodic:frequencies=5,width=3,sigma=0.5 --category-width 4
check members --preset balanced --category-width 3 --members 3
run nnfs-train flats.csv --drop remark --target price --preset plain --category-width 2 --show-program --hidden 8
run nnfs-show vectors1
run nnfs-export vectors1 --safetensors model.torch
run nnfs-eval vectors1 flats.csv
# Wider than any column has categories: nothing is embedded.
nnfs-train -q flats.csv --drop remark --target price --preset plain --hidden 8 -e 4 -t 1 -o none --log plain.jsonl
nnfs-train -q flats.csv --drop remark --target price --preset plain --hidden 8 -e 4 -t 1 --category-width 90 -o none --log wide.jsonl
[ "$(hash_of plain.jsonl)" = "$(hash_of wide.jsonl)" ] && echo "one-hot"
run nnfs-show waves1 | head -3
for embedding in periodic:bins=3 periodic:width=1 periodic:sigma=0 periodic:frequencies=x; do
    run nnfs-train flats.csv --embedding $embedding -o none
done
run nnfs-train flats.csv --category-width 2000 -o none
run nnfs-train flats.csv --from vectors1 --category-width 2 -o none
