# field.md row 22: a run goes on to more epochs, with what it has learned.
make_small
nnfs-train --preset plain -q small -e 2 --schedule constant --log run.jsonl --checkpoint runs
nnfs-train --preset plain -q small -e 5 --schedule constant -o whole.safetensors
run nnfs-train -q --resume runs --epochs 1
run nnfs-train -q --resume runs --epochs 4
run nnfs-train -q --resume runs -e 5
cmp model.safetensors whole.safetensors && echo "as five epochs at once"
grep -o '"epoch":[0-9]*' run.jsonl
run nnfs-train -q --resume runs
