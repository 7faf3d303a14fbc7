# Several targets that are 0 or 1 are labels: a sigmoid each, binary cross-entropy, a probability each.
awk 'BEGIN {
    x = 7; print "a,b,c,kind,wet,warm,odd"
    for (i = 0; i < 300; i++) {
        for (j = 0; j < 3; j++) { x = (x * 1103 + 12345) % 65537; v[j] = x / 65537 }
        printf "%.3f,%.3f,%.3f,k%d,%d,%d,%d\n", v[0], v[1], v[2], i % 3, (v[0] > 0.6), (v[1] * v[2] > 0.2), (i % 3 == 2)
    }
}' >labels.csv
options=(labels.csv --target wet,warm,odd -e 6)
run nnfs-train "${options[@]}" -t 1 -o labels1 --log 1.jsonl
nnfs-train -q "${options[@]}" -t 2 -o labels2
nnfs-train -q "${options[@]}" -t 3 -o labels3
cmp labels1 labels2 && cmp labels1 labels3 && echo "the same model with any number of threads"
nnfs-train -q "${options[@]}" -o none --log again.jsonl --checkpoint kept --checkpoint-every 3steps
rm -f kept/best.safetensors "$(find kept -name 'checkpoint-*' | sort | tail -n 1)"
nnfs-train -q --resume kept && echo "resumed $(grep -c '"event":"resume"' again.jsonl) time"
for log in 1 again; do
    tail -1 $log.jsonl | grep -o '"weights_hash":"[0-9a-f]*"' >$log.hash
done
cmp 1.hash again.hash && echo "the same weights from a checkpoint"
nnfs-show labels1 | grep -o "loss .*"
nnfs-predict -q labels1 labels.csv |
    awk -F, 'NR == 1 { print } NR > 1 { for (i = 1; i <= 3; i++) if (!($i > 0 && $i < 1)) wrong++ } END { print wrong + 0, "beyond 0 and 1" }'
nnfs-eval labels1 labels.csv --split test 2>/dev/null | grep -v '^loss' | sed -E 's/ +[0-9]+[.][0-9]+( %)?/ N/g'
nnfs-eval labels1 labels.csv --json 2>/dev/null | grep -o '"name":"[a-z]*","rmse":[^,]*,"mae":[^,]*,"r2":[^,]*,"accuracy"' | grep -o '"name":"[a-z]*"'
nnfs-export -q labels1 --onnx model.onnx --c model.c --check labels.csv 2>/dev/null && echo exported
# By hand: numbers, and the preset plain, whose networks are those of version 0.1.
for more in "--task numbers" "--preset plain" "--loss mse" "--preset plain --loss binary_cross_entropy"; do
    # shellcheck disable=SC2086
    nnfs-train -q "${options[@]}" $more -o other && echo "$more: $(nnfs-show other | grep -o 'loss .*')"
done
# Runs are judged by the accuracy of the labels, and schedules by their loss.
nnfs-tune -q "${options[@]}" --lr 0.001,0.005 --log tune.jsonl 2>/dev/null | grep -o '^best .*accuracy'
nnfs-train "${options[@]}" -e 4 --refit 2 --validation 0.2 -o none 2>/dev/null | grep -E -o '^held out  loss [0-9.]*' | grep -vc ' 0$'
