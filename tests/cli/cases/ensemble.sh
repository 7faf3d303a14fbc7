# The mean of several models: no worse than each alone, the same for one model given twice.
make_digits few 1200 4000
for seed in 1 2 3; do
    nnfs-train -q few -b 20 -e 2 --hidden 12 -s $seed -o "m$seed"
done
accuracy() { nnfs-eval "$@" --json | grep -o '"accuracy":[0-9.]*' | head -n 1 | cut -d : -f 2; }
for m in m1 m2 m3; do
    accuracy $m few
done >alone
accuracy m1 m2 m3 few | cat - alone | paste -s |
    awk '{ print ($1 > $2 && $1 > $3 && $1 > $4 ? "better than each" : $0) }'
[ "$(accuracy m1 m1 few)" = "$(head -n 1 alone)" ] && echo "the same of a model twice"
nnfs-eval m1 m2 m3 few | head -n 3 | sed -E 's/[0-9.]+ %.*/A/; s/(loss +).*/\1L/'
nnfs-eval m1 m2 few --json | grep -o '"more_models":[^]]*]'

# Probabilities are the mean of those of the models.
for m in m1 m2 "m1 m2"; do
    # shellcheck disable=SC2086
    nnfs-predict $m few | sed -n 2p | cut -d , -f 5
done | paste -s | awk '{ d = ($1 + $2) / 2 - $3; print (d < 1e-6 && d > -1e-6 ? "the mean" : $0) }'

make_small
nnfs-train -q small -e 1 -o other
run nnfs-eval m1 other few
nnfs-train -q yes-no -e 1 -o yes
nnfs-train -q small -e 1 -o small-model
run nnfs-predict small-model yes small
run nnfs-predict m1 m2 few -o m2
