# nnfs-tune: a run for each combination, the best named, and each of them one that nnfs-train makes.
make_small
# Which run is best may differ from one BLAS to another; what they are may not.
tune() {
    echo "\$ nnfs-tune $*"
    nnfs-tune "$@" >"$work/out" 2>"$work/err" </dev/null
    echo "=> $?"
    grep -E '^ +(run|[0-9]+) ' "$work/out" | awk '{print NF}' | sort | uniq -c | tr -s ' '
    grep -E '^(log|plot|best|repeat)' "$work/out" |
        sed -E 's/^best .*: (.*) [0-9.]+( %)?$/best X: \1 A/;s/--(lr|hidden|optimizer|seed) [^ ]+/--\1 X/g'
    mask <"$work/err" | sed -E 's/^[0-9]+\/[0-9]+  //;s/  in [0-9.]+ m?s$//' | sort | sed 's/^/2> /'
}
tune small --hidden 5 --lr 0.5,0.25,0.1,0.05 --batch full --optimizer sgd -e 20 -s 3
grep -oE "^[0-9]+/[0-9]+" "$work/err" | sort # each run has the number of the table

# Every line is an iteration of a run, and the first one has the command besides.
wc -l <tune.jsonl
head -n 1 tune.jsonl >first.jsonl
check_log first.jsonl | sed -E 's/^(run|settings.lr) .*/\1 X/' # whichever of them was first
for field in '"learning_rate":0\.[0-9]+,' '"iteration":[0-9]+,' '"accuracy":[01]\.[0-9]+,'; do
    grep -cE "$field" tune.jsonl
done

# The same lines, up to their order and the times in them, for any number of jobs and threads.
lines() {
    sed -E 's/^.*("run":)/\1/;s/"seconds":[^,]*,//' "$1" | sort
}
lines tune.jsonl >expected
for jobs in "-j 1" "-j 2" "-j 3 -t 2" "-t 1"; do
    # shellcheck disable=SC2086
    nnfs-tune -q small --hidden 5 --lr 0.5,0.25,0.1,0.05 --batch full --optimizer sgd -e 20 -s 3 \
        $jobs --log again.jsonl --fresh >/dev/null
    lines again.jsonl | diff -q expected - && echo "the same with $jobs"
done

# The command that repeats the best gives its weights.
command=$(nnfs-tune -q small --hidden 5 --lr 0.5,0.25,0.1,0.05 --batch full --optimizer sgd -e 20 \
    -s 3 | sed -n 's/^repeat *//p')
hash=$($command -o none 2>/dev/null | sed -n 's/^weights *//p')
grep -c "\"weights_hash\":\"$hash\"" tune.jsonl

# Lists of everything, values with commas of their own, numbers and shares.
rm tune.jsonl
tune small --hidden '4,3;6' --hidden none -e 2 --optimizer adam,sgd --seed 1,2 --validation 0.2
grep -o '"settings":[^}]*}' tune.jsonl | sort -u
nnfs-tune -q small --random 5:7 --lr 0.001..0.1 --batch 8..32 --hidden 2..9 -e 1 --log a.jsonl \
    >/dev/null
grep -o '"settings":[^}]*}' a.jsonl | sort
nnfs-tune -q small --random 50 --lr 0.1,0.2 --batch 8,16 -e 1 --log none | grep -cE '^ +[0-9]+ '

# Numbers are judged by their RMSE.
printf 'x,y\n' >line.csv
for ((i = 0; i < 40; i++)); do echo "$i,$((3 * i)).5" >>line.csv; done
tune --preset plain line.csv --hidden none --lr 0.1,0.01 -e 5 -q --log b.jsonl

# The best is the best, of shares the largest and of errors the smallest.
best() {
    nnfs-tune -q "$@" --log none | grep '^best' | sed -E 's/ [0-9.]+( %)?$/ A/'
}
best small --lr 1e-9,0.3 -e 30
best small --lr 0.3,1e-9 -e 30
best --preset plain line.csv --hidden none --lr 1e-9,0.1 -e 30
best --preset plain line.csv --hidden none --lr 0.1,1e-9 -e 30

# Every run is the one that nnfs-train makes, also where the seed decides what is held out.
nnfs-tune -q small --seed 2,3,4 --validation 0.2 -b 16 -e 2 --log c.jsonl >/dev/null
for seed in 2 3 4; do
    hash=$(nnfs-train small --seed $seed --validation 0.2 -b 16 -e 2 -o none 2>/dev/null |
        sed -n 's/^weights *//p')
    grep "\"settings\":{\"seed\":$seed}" c.jsonl | grep -c "\"weights_hash\":\"$hash\""
done
