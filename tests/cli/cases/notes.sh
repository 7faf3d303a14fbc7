# What a model says of how it was made.
make_small
notes() {
    head -c 4000 model.safetensors | grep -ao '"note\.[a-z_]*":"[^"]*"' | mask
}
run nnfs-train -q small -e 2 --lr 0.003
notes
run nnfs-train -q yes-no -e 1 -b full --optimizer sgd --seed 7
notes
latin=$(printf 'caf\351')
mv small "$latin"
nnfs-train -q "$latin" -e 1
notes | grep data\"
