# A saved model is read back and says the same; what is said in detail is eval_details.
make_small
make_idx wide t10k 10 5 3
make_idx many t10k 10 4 7
run nnfs-train small -e 20 --lr 0.05 --log run.jsonl
run brief model.safetensors small
run brief model.safetensors small --split train
run brief model.safetensors yes-no
run brief model.safetensors yes-no --split test
run brief model.safetensors wide
run brief model.safetensors many
run brief model.safetensors nowhere
run brief nothing.safetensors small
run brief run.jsonl small
run brief model.safetensors small -t 1 -q
nnfs-eval -q model.safetensors small --json >eval.json
check_log eval.json | grep -Ev '^(confusion|per_class|macro|weighted|calibration|mistakes)[.]'

# Loss, accuracy and hash are those of the run's last line, to the last digit.
agree() {
    local ran measured
    ran=$(tail -n 1 run.jsonl | grep -o "\"$1\":[^,}]*" | sed 's/.*://')
    measured=$(grep -o "\"$2\":[^,}]*" eval.json | head -n 1 | sed 's/.*://')
    [ -n "$ran" ] && [ "$ran" = "$measured" ] && echo "$1 agrees"
}
agree test_loss loss
agree test_accuracy accuracy
agree weights_hash weights_hash

run nnfs-train yes-no -e 3
run brief model.safetensors yes-no
