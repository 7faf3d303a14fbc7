# A saved model is read back and says the same.
make_small
make_idx wide t10k 10 5 3
make_idx many t10k 10 4 7
run nnfs-train small -e 20 --lr 0.05 --log run.jsonl
run nnfs-eval model.safetensors small
run nnfs-eval model.safetensors small --split train
run nnfs-eval model.safetensors yes-no
run nnfs-eval model.safetensors yes-no --split test
run nnfs-eval model.safetensors wide
run nnfs-eval model.safetensors many
run nnfs-eval model.safetensors nowhere
run nnfs-eval nothing.safetensors small
run nnfs-eval run.jsonl small
run nnfs-eval model.safetensors small -t 1 -q
nnfs-eval -q model.safetensors small --json >eval.json
run check_log eval.json

# Loss, accuracy and hash are those of the run's last line, to the last digit.
agree() {
    local ran measured
    ran=$(tail -n 1 run.jsonl | grep -o "\"$1\":[^,}]*" | sed 's/.*://')
    measured=$(grep -o "\"$2\":[^,}]*" eval.json | sed 's/.*://')
    [ -n "$ran" ] && [ "$ran" = "$measured" ] && echo "$1 agrees"
}
agree test_loss loss
agree test_accuracy accuracy
agree weights_hash weights_hash

run nnfs-train yes-no -e 3
run nnfs-eval model.safetensors yes-no
