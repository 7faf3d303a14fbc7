# What a model says of how it was made.
make_small
notes() {
    head -c 4000 model.safetensors | grep -aoE '"note\.[a-z_0-9]*":"([^"\\]|\\.)*"' | mask
}
run nnfs-train -q small -e 2 --lr 0.003
notes
run nnfs-train -q yes-no -e 1 -b full --optimizer sgd --seed 7 --init uniform:0.1 \
    --weight-decay 0.001 --until-accuracy 0.001 --test yes-no
notes

# The same images as numbers from 0 to 255, which would come to the network 255 times as large.
mkdir numbers
{
    printf '\0\0\x0d\x02%b' "$(be32 24)$(be32 4)"
    for ((i = 0; i < 24 * 4; i++)); do
        printf '\x43\x48\0\0' # 200
    done
} >numbers/train-images-idx3-ubyte
cp yes-no/train-labels-idx1-ubyte numbers
run brief model.safetensors numbers
run nnfs-train yes-no --test numbers
run nnfs-train -q numbers -e 1
notes | grep preprocessing
run brief -q model.safetensors numbers
run brief model.safetensors yes-no

# Where nothing is said of it, nothing is known; what is not understood is not guessed at.
changed() {
    LC_ALL=C sed "s/$1/$2/; s/\"checksum\"/\"checksux\"/" model.safetensors >changed
    run brief -q changed numbers
}
changed note.preprocessing note.preprocessinh
changed '{\\"scale\\":1}' '{\\"shift\\":1}'
latin=$(printf 'caf\351')
mv small "$latin"
nnfs-train -q "$latin" -e 1
notes | grep data\"
