# Distorted pictures: the same bits with any number of threads and for a resumed run, and in notes and log.
make_digits few 4000 500
train() { nnfs-train -q few --validation 0.25 -b 50 --hidden 16 -o none "$@"; }
hash() { grep -o '"weights_hash":"[^"]*"' "$1" | tail -n 1; }
same() { [ -n "$(hash "$1")" ] && [ "$(hash "$1")" = "$(hash "$2")" ] && echo "the same weights"; }
how=elastic:sigma=6,affine:rotate=15,rotate@1=7.5,shift:pixels=1,flip,noise,cutout,mixup
train -e 2 -t 1 --augment "$how" --log one.jsonl
train -e 2 -t 3 --augment "$how" --log three.jsonl
same one.jsonl three.jsonl
train -e 2 --log plain.jsonl
same one.jsonl plain.jsonl || echo "other weights"

# From the middle of the second epoch.
train -e 2 --augment "$how" --checkpoint runs --checkpoint-every 70steps --log part.jsonl
rm runs/best.safetensors runs/checkpoint-000002-*
ls runs | tail -n 1
run nnfs-train -q --resume runs --log part.jsonl
same one.jsonl part.jsonl

nnfs-train few --validation 0.25 -b 50 -e 1 --hidden 8 --augment flip -o model.safetensors --profile 2>/dev/null |
    grep -o '^ *augment'
nnfs-show model.safetensors --json | grep -o '"augment": *"[^"]*"'
grep -o '"augment":"[^"]*"' one.jsonl
grep -o '"augment":null' plain.jsonl

run nnfs-train -q few -o none --augment elastc
run nnfs-train -q few -o none --augment elastic:sigma=0
run nnfs-train -q few -o none --augment affine:rotate=15,rotate@10=3
run nnfs-train -q few -o none --augment mixup --members 2 -b 6000
make_small
run nnfs-train -q small -o none --augment flip
