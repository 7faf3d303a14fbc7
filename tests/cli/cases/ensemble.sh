# The mean of several models: no worse than each alone, the same for one model given twice.
for seed in 1 2 3; do
    nnfs-train -q digits --validation 0.98 -b 20 -e 2 --hidden 12 -s $seed -o "m$seed"
done
accuracy() { nnfs-eval "$@" --json | sed 's/.*"accuracy":\([0-9.]*\).*/\1/'; }
paste <(accuracy m1 m2 m3 digits) <(accuracy m1 digits) <(accuracy m2 digits) <(accuracy m3 digits) |
    awk '{ print ($1 > $2 && $1 > $3 && $1 > $4 ? "better than each" : $0) }'
[ "$(accuracy m1 m1 digits)" = "$(accuracy m1 digits)" ] && echo "the same of a model twice"
nnfs-eval m1 m2 m3 digits | head -n 3 | sed -E 's/[0-9.]+ %.*/A/; s/(loss +).*/\1L/'
nnfs-eval m1 m2 digits --json | grep -o '"more_models":[^]]*]'

# Probabilities are the mean of those of the models.
for m in m1 m2 "m1 m2"; do
    # shellcheck disable=SC2086
    nnfs-predict $m digits | sed -n 2p | cut -d , -f 5
done | paste -s | awk '{ d = ($1 + $2) / 2 - $3; print (d < 1e-6 && d > -1e-6 ? "the mean" : $0) }'

make_small
nnfs-train -q small -e 1 -o other
run nnfs-eval m1 other digits
nnfs-train -q yes-no -e 1 -o yes
nnfs-train -q small -e 1 -o small-model
run nnfs-predict small-model yes small
run nnfs-predict m1 m2 digits -o m2
