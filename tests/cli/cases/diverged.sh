# A run that diverges keeps the last good weights, says where it happened, and exits with 3.
make_small
run nnfs-train small --optimizer sgd --lr 1e30 --log run.jsonl --hidden 8
check_log run.jsonl | grep -E '^(event|reason|output|weights_hash)'
head -c 4000 model.safetensors | grep -ao '"note.ended":"[^"]*"'
run brief -q model.safetensors small
run nnfs-train -q small --optimizer sgd --lr 1e30 -o none --hidden 8
