# Output and loss by task, and every name there is.
make_small
chosen() {
    nnfs-train -q -e 1 -o none --hidden 4 --log run.jsonl "$@" >"$work/out" 2>"$work/err"
    echo "$* => $?$(sed 's/^nnfs-train: / /;1q' "$work/err")"
    check_log run.jsonl | sed -nE 's/^(settings.loss|network.layers.1.*|settings.init) /    &/p'
    rm run.jsonl
} 2>/dev/null
chosen small
chosen yes-no
chosen yes-no --loss cross_entropy
chosen yes-no --output-activation softmax
chosen yes-no --loss mse
chosen small --output-activation sigmoid
chosen small --output-activation identity
chosen small --loss binary_cross_entropy
chosen small --loss mae
chosen small --loss huber --output-activation tanh
chosen small --loss cross_entropy --output-activation tanh
chosen small --loss binary_cross_entropy --output-activation softmax

every() {
    nnfs-train small -q -e 1 -o none --hidden 4 "$@" || echo "$*: $?"
}
for name in identity relu leaky_relu elu sigmoid tanh softplus silu gelu selu mish; do
    every --activation $name
    every --output-activation $name
done
for name in sgd momentum nesterov adagrad rmsprop adam adamw; do
    every --optimizer $name
done
for name in he_normal he_uniform glorot_normal glorot_uniform lecun_normal lecun_uniform \
    normal:0.1 uniform:.5 zeros; do
    every --init $name
done
every --hidden 3,4,5 --activation relu,tanh,gelu
every --optimizer adamw --lr 1e-3 --momentum 0.8 --beta2 .99 --epsilon 1e-6 --weight-decay 0.1
