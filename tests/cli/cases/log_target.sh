# A target on a log scale is learned as such, and predicted, measured and exported in its own units.
cp "$fixtures/table/flats.csv" .
hash_of() {
    grep -o '"weights_hash":"[0-9a-f]*"' "$1" | tail -1
}
train=(flats.csv --drop remark --target price --hidden 8 -e 4 --preset plain --log-target yes)
for threads in 1 2 3; do
    nnfs-train -q "${train[@]}" -t $threads -o log$threads
done
cmp log1 log2 && cmp log1 log3 && echo "the same model with any number of threads"
nnfs-train -q "${train[@]}" -o whole --log whole.jsonl
nnfs-train -q "${train[@]}" -o none --log again.jsonl --checkpoint kept --checkpoint-every 3steps
rm -f kept/best.safetensors "$(find kept -name 'checkpoint-*' | sort | tail -n 1)"
nnfs-train -q --resume kept && echo "resumed $(grep -c '"event":"resume"' again.jsonl) time"
[ "$(hash_of again.jsonl)" = "$(hash_of whole.jsonl)" ] && echo "the same weights from a checkpoint"
nnfs-show log1 | grep predicts
run nnfs-eval log1 flats.csv | head -6
nnfs-predict -q log1 flats.csv -t 1 >one
nnfs-predict -q log1 flats.csv -t 3 | cmp - one && head -4 one
nnfs-export -q log1 --onnx model.onnx --c model.c --check flats.csv 2>/dev/null
echo "exports => $?"
run nnfs-import model.onnx -o again
nnfs-eval log1 flats.csv --importance --json 2>/dev/null | grep -c '"importance"'

# Zeros are taken to log(y + 1); there is no logarithm of a negative number.
awk 'BEGIN { srand(3); print "x,z,y"; for (i = 0; i < 400; i++) {
    x = rand(); z = rand(); printf "%.4f,%.4f,%d\n", x, z, exp(6 * x + z) } }' >counts.csv
run nnfs-train counts.csv --task numbers --preset plain --log-target yes -e 2 -q -o zeros
awk -F, 'NR > 1 { $3 = ($3 == 1 ? 0 : $3) } { print $1 "," $2 "," $3 }' counts.csv >zeros.csv
nnfs-train zeros.csv --task numbers --preset plain --log-target yes -e 2 -o zeros 2>&1 | grep predicts
nnfs-predict -q zeros zeros.csv | tail -n +2 | awk '$1 < -1 { print "below zero" }'
nnfs-export -q zeros --onnx model.onnx --c model.c --check zeros.csv 2>/dev/null
echo "exports => $?"
sed '3s/[0-9]*$/-4/' counts.csv >negative.csv
run nnfs-train negative.csv --task numbers --preset plain --log-target yes -e 2 -o none
# A deviation of logarithms is no difference of numbers: small ones have differences too.
awk -F, 'NR > 1 { $3 *= 1e-6 } { print $1 "," $2 "," $3 }' counts.csv >small.csv
nnfs-train -q small.csv --task numbers --preset plain --log-target yes -e 20 -o small 2>/dev/null
nnfs-export small --c small.c --int8 --check small.csv 2>/dev/null |
    awk '/^checked/ { print ($6 > 0.005 ? "relative" : "too small, " $6) }'

# The worst mistake is that by the largest factor, as in the loss: not that of the largest number.
awk 'BEGIN { print "x,y"; for (i = 0; i < 200; i++) {
    printf "%.4f,%.4f\n", i / 200, exp(i / 25) * (i == 40 ? 0.1 : i == 190 ? 1.5 : 1) } }' >odd.csv
nnfs-train -q odd.csv --task numbers --preset plain --hidden 16 --log-target yes -e 200 --test 0 -o odd
nnfs-show odd.csv odd --mistakes --count 1 2>/dev/null | awk 'END { print "row " $1 }'
nnfs-eval odd odd.csv --mistakes 1 2>/dev/null | awk 'END { print $1 " " $2 }'

# By validation: the networks of --refit compare. Targets without a tail are not tried.
refit=(--task numbers --preset plain --hidden 4 --activation tanh --refit 1 --validation 0.2
    --log-target auto --batch 16 -e 20 --lr 0.01)
nnfs-train counts.csv "${refit[@]}" -t 1 -o auto1 2>&1 | grep -E '^(target|refit)'
nnfs-train counts.csv "${refit[@]}" -q -t 2 -o auto2
nnfs-train counts.csv "${refit[@]}" -q -t 3 -o auto3
cmp auto1 auto2 && cmp auto1 auto3 && nnfs-show auto1 | grep predicts
awk 'BEGIN { srand(5); print "x,y"; for (i = 0; i < 400; i++) {
    x = -log(1 - rand()); printf "%.4f,%.4f\n", x, x } }' >tail.csv
nnfs-train tail.csv "${refit[@]}" -t 1 -o straight 2>&1 | grep -E '^(target|refit)'
nnfs-show straight | grep predicts
awk 'BEGIN { srand(4); print "x,y"; for (i = 0; i < 400; i++) {
    x = rand(); printf "%.4f,%.4f\n", x, 10 * x + 3 } }' >even.csv
nnfs-train even.csv "${refit[@]}" -t 1 -o none 2>&1 | grep -E '^(target|refit)'

run nnfs-train counts.csv --log-target auto -o none
run nnfs-train counts.csv --log-target maybe -o none
run nnfs-train flats.csv --target sold --log-target yes -o none
run nnfs-train flats.csv --drop remark --target price --loss poisson --log-target yes -o none
run nnfs-train flats.csv --from log1 --log-target no -o none

# The preset best tries a log scale only where it has networks of --refit.
nnfs-train counts.csv --preset best --networks 1 -e 1 -o none 2>&1 | grep -c 'log-target'
nnfs-train counts.csv --preset best -e 1 -o none 2>&1 | grep -c ' --log-target auto'
run nnfs-train counts.csv --preset best --log-target auto --validation 0.2 -o none
run nnfs-tune counts.csv --preset best --log-target auto --lr 0.1,0.2 --log none

# Two targets, of which the second alone has zeros: the export knows the shift of each.
awk 'BEGIN { srand(1); print "a,b,u,v"
    for (i = 0; i < 100; i++) { a = rand(); b = rand(); print a "," b "," exp(a + b) "," (i % 5 ? exp(2 * a) : 0) } }' >two.csv
nnfs-train -q two.csv --target u,v --log-target yes -e 5 --preset plain -o two.safetensors
nnfs-export two.safetensors --onnx two.onnx --check two.csv 2>&1 | sed 's/difference .*/difference D/'
