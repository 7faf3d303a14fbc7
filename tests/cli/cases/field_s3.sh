# field.md S3: what refuses to go on is found before anything is written: the log keeps every byte.
make_small
nnfs-train --preset plain -q small -e 3 -b 20 --hidden 5 -o none --log run.jsonl --checkpoint runs
rm runs/checkpoint-000003-*
cp run.jsonl before.jsonl
mv small other && make_idx small train 60 4 2
run nnfs-train -q --resume runs
cmp run.jsonl before.jsonl && echo "the log is as it was"
rm -r small && make_idx small train 59 4 3
run nnfs-train -q --resume runs
cmp run.jsonl before.jsonl && echo "the log is as it was"
rm -r small && mv other small
run nnfs-train -q --resume runs
