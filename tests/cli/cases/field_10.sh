# field.md 10: data from the standard input and from pipes, results to the standard output.
for ((i = 0; i < 60; i++)); do echo "$((i * 7 % 13)),$((i * 5 % 11)),c$((i % 3))"; done >t.csv
table=t.csv
nnfs-train --preset plain -q "$table" -e 2 -o m.safetensors --header no
nnfs-predict -q m.safetensors "$table" --header no >whole.csv
piped() {
    echo "\$ $1"
    bash -c "$1" >out 2>err </dev/null
    echo "=> $?"
    sed 's/^/2> /' err
    cmp out whole.csv && echo 'the same predictions'
}
export table
piped 'cat "$table" | nnfs-predict -q m.safetensors - --header no'
piped 'cat "$table" | nnfs-predict -q m.safetensors - --header no -o -'
piped 'cat "$table" | nnfs-predict -q m.safetensors /dev/stdin --header no'
piped 'nnfs-predict -q m.safetensors /dev/stdin --header no <"$table"'
piped 'nnfs-predict -q m.safetensors <(cat "$table") --header no'
piped 'gzip -c "$table" | nnfs-predict -q m.safetensors - --header no'
[ ! -e - ] && echo "no file named -"

# Training from a pipe ends in the bits of training from the file; nothing is left in $TMPDIR.
mkdir tmp
nnfs-train --preset plain -q "$table" -e 2 -o none --log file.jsonl --header no
TMPDIR=$PWD/tmp nnfs-train --preset plain -q - -e 2 -o none --log pipe.jsonl --header no < <(cat "$table")
diff <(grep -o '"weights_hash":"[^"]*"' file.jsonl) <(grep -o '"weights_hash":"[^"]*"' pipe.jsonl) &&
    echo 'the same weights'
ls tmp

run nnfs-train --preset plain -q "$table" -e 1 -o - --header no
TMPDIR=$PWD/missing run nnfs-predict -q m.safetensors -

# Runs of nnfs-tune that split differently read the stream once.
cat "$table" | nnfs-tune - -q --header no --seed 1,2 -e 1 >/dev/null && wc -l <tune.jsonl
# Messages call it what users call it.
nnfs-train --preset plain -q "$table" -e 1 -o table.safetensors --header no
for command in nnfs-train nnfs-tune 'nnfs-predict table.safetensors' 'nnfs-eval table.safetensors'; do
    printf '\1\2\3\4\5\6\7' | $command - 2>&1 | tail -n 1
done
# Imports and run logs come by pipe too.
nnfs-train --preset plain -q digits --hidden 8 -e 0 -o d.safetensors --log d.jsonl
nnfs-export d.safetensors --onnx d.onnx >/dev/null
cat d.onnx | nnfs-import -q - -o imported.safetensors && nnfs-show imported.safetensors | head -n 1
cat d.jsonl | nnfs-report - -o d.html && ls d.html
for command in 'nnfs-import -o none' nnfs-report; do
    printf '\1\2\3\4\5\6\7' | $command - 2>&1
    echo "=> ${PIPESTATUS[1]}"
done
