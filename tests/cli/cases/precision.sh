# nnfs-eval and nnfs-predict in bfloat16: other bits than float32, the same at any number of threads, near it.
make_digits few 1200 2000
nnfs-train -q few -b 20 -e 2 --hidden 64 -o model.safetensors
loss() { nnfs-eval -q model.safetensors few --json "$@" | grep -o '"loss":[^,]*' | head -n 1; }
for threads in 1 2 3; do
    [ "$(loss --precision bf16)" = "$(loss --precision bf16 -t $threads)" ] &&
        echo "the same loss on $threads"
done
[ "$(loss --precision bf16)" != "$(loss)" ] && echo "another loss than in f32"
[ "$(loss --precision f32)" = "$(loss)" ] && echo "f32 unless asked for"
paste <(nnfs-predict model.safetensors few) \
    <(nnfs-predict model.safetensors few --precision bf16) | tr '\t' ',' |
    awk -F, 'NR > 1 { for (i = 2; i <= NF / 2; i++) {
                          off = $i - $(i + NF / 2)
                          worst = off > worst ? off : -off > worst ? -off : worst
                      } }
             END { print (worst > 0 && worst < 0.02 ? "probabilities within 0.02" : worst) }'
run nnfs-eval model.safetensors few --precision bf61
run nnfs-predict model.safetensors few --precision fp16

# Members are computed in float32 alone.
printf 'a,b,y\n' >table.csv
for i in $(seq 60); do
    echo "$i,$((i * 7 % 13)),$([ $((i % 2)) = 0 ] && echo even || echo odd)"
done >>table.csv
nnfs-train -q table.csv --preset balanced -e 1 -o members.safetensors
run nnfs-eval -q members.safetensors table.csv --precision bf16
