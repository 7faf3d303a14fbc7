# nnfs-tune judges by validation data, which it holds out by itself, or by folds; never by test data.
awk 'BEGIN {
    seed = 5
    print "a,b,kind"
    for (i = 0; i < 600; i++) {
        for (j = 0; j < 3; j++) {
            seed = (seed * 16807) % 2147483647
            u[j] = seed / 2147483647
        }
        print u[0] "," u[1] "," (u[0] + u[2] / 4 > 0.6 ? "x" : "y")
    }
}' >kinds.csv
judged() {
    head -n 1 "$1" | grep -oE '"(judged_by|runs)":("[^"]*"|[0-9]+)'
}
nnfs-tune -q kinds.csv --lr 0.01,0.001 -e 3 --log own.jsonl >own.txt
judged own.jsonl
grep -o 'nnfs-train .*--lr' own.txt
nnfs-tune -q kinds.csv --lr 0.01,0.001 -e 3 --validation 0.4 --log given.jsonl | grep -o 'nnfs-train .*--lr'

# The best is that of the epoch that nnfs-train keeps: its validation result is the same.
command=$(sed -n 's/^repeat *//p' own.txt)
score=$(sed -n 's/^best.*accuracy //p' own.txt)
$command -o none 2>/dev/null | grep '^validate' | grep -cF "accuracy $score"

# Folds: the mean of those of nnfs-train.
nnfs-tune -q kinds.csv --lr 0.01 -e 3 --folds 4 --log folds.jsonl >folds.txt
judged folds.jsonl
score=$(sed -n 's/^best.*accuracy //p' folds.txt)
$(sed -n 's/^repeat *//p' folds.txt) -o none 2>/dev/null | grep '^folds' | grep -cF "accuracy $score"
run nnfs-tune kinds.csv --lr 0.01 --folds 4 --validation 0.2
run nnfs-tune kinds.csv --lr 0.01 --folds 1

# One numbering: the run of a line is that of the table.
nnfs-tune kinds.csv --lr 0.01,0.001,0.1 -e 2 -j 2 --log none >table 2>lines
grep -oE '^[0-9]+/3  lr [0-9.]+' lines | sed -E 's#/3  lr# #' | sort >from_lines
sed -n 's/^ *\([0-9][0-9]*\)  \(0[0-9.]*\) .*/\1  \2/p' table | sort | diff -w - from_lines && echo "the same numbers"

# The command alone halves drawn settings, the first of which are the defaults; the log goes on.
nnfs-tune -q kinds.csv -e 9 --log auto.jsonl >auto.txt
judged auto.jsonl
grep -o '"run":1,.*"iteration":1,' auto.jsonl | grep -o '"learning_rate":[0-9.]*'
for epochs in 1 3 9; do
    grep -c "^ .* $epochs\$" auto.txt
done
grep '"ended"' auto.jsonl | grep -oE '"run":[0-9]+' | sort -u | wc -l
grep -c '^repeat .*--epochs 9' auto.txt
lines() {
    sed -E 's/^.*("run":)/\1/;s/"seconds":[^,]*,//' "$1" | sort
}
head -n 30 auto.jsonl >cut.jsonl
nnfs-tune -q kinds.csv -e 9 --log cut.jsonl >/dev/null
lines auto.jsonl >expected
lines cut.jsonl | cmp - expected && echo "the log is as if it had never stopped"
nnfs-tune -q kinds.csv -e 9 -t 1 -j 1 --log one.jsonl >/dev/null
lines one.jsonl | cmp - expected && echo "the same with one thread"

# A limit of time, which is kept to.
began=$(date +%s)
nnfs-tune -q kinds.csv --preset fast --epochs 900 --time 2s --log time.jsonl >/dev/null
echo "=> $?"
[ $(($(date +%s) - began)) -le 20 ] && echo "in time"
run nnfs-tune kinds.csv --time 5x
run nnfs-tune kinds.csv --time 0m
