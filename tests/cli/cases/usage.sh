# Values and combinations that make no sense.
run nnfs-train digits mnist
run nnfs-train --epochs
run nnfs-train -b
run nnfs-train --quiet=1
run nnfs-train --hidden ''
run nnfs-train --hidden 10,,3
run nnfs-train --hidden 10,
run nnfs-train --hidden 0
run nnfs-train --hidden 10.5
run nnfs-train --hidden 99999999999999999999
run nnfs-train --activation relu,tanh
run nnfs-train --activation softmax
run nnfs-train --hidden none --activation relu
run nnfs-train --init normal
run nnfs-train --init normal:
run nnfs-train --init normal:-1
run nnfs-train --init he_normal:3
run nnfs-train --init default
run nnfs-train --lr abc
run nnfs-train --lr ' 1'
run nnfs-train --lr 0x1p-3
run nnfs-train --lr 0,1
run nnfs-train --lr inf
run nnfs-train --lr nan
run nnfs-train --lr 0
run nnfs-train --lr -0.1
run nnfs-train --lr 1e39
run nnfs-train --lr 1e-60
run nnfs-train --momentum 1
run nnfs-train --beta2 -1
run nnfs-train --epsilon 0
run nnfs-train --weight-decay -1
run nnfs-train --optimizer sgd --momentum 0.5
run nnfs-train --optimizer momentum --beta2 0.5
run nnfs-train --batch 0
run nnfs-train --batch all
run nnfs-train --epochs -1
run nnfs-train --epochs 2147483648
run nnfs-train --epochs 1e3
run nnfs-train --seed -1
run nnfs-train --seed 9223372036854775808
run nnfs-train --threads 0
run nnfs-train --until-accuracy 97
run nnfs-train --validation 1
run nnfs-train --validation -0.1
run nnfs-train --target label
run nnfs-train -o run.jsonl --log run.jsonl
run nnfs-train --schedule constant:1
run nnfs-train --schedule cosine:
run nnfs-train --schedule cosine:warmup=1,
run nnfs-train --schedule cosine:warmup=
run nnfs-train --schedule cosine:warmup=-1
run nnfs-train --schedule cosine:floor=1.5
run nnfs-train --schedule step:every=0
run nnfs-train --schedule step:factor=1
run nnfs-train --schedule plateau:patience=1.5
run nnfs-train --schedule constant:every=2
run nnfs-train --schedule one_cycle:factor=0.5
run nnfs-train --schedule step:floor=0.5
run nnfs-train --schedule cosine:patience=3
run nnfs-train --optimizer $'\e[31ma\tb\177'
run nnfs-train $'\e[31mred\n'
run nnfs-eval
run nnfs-eval model.safetensors
run nnfs-eval model.safetensors digits mnist
run nnfs-eval model.safetensors digits --threads 0
run nnfs-eval model.safetensors digits --split both
