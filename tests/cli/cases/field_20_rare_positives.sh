# 3 % positives: what accuracy hides, and what can be done about it.
awk 'BEGIN {
    seed = 5
    print "a,b,sold"
    for (i = 0; i < 3000; i++) {
        for (j = 0; j < 3; j++) {
            seed = (seed * 16807) % 2147483647
            u[j] = seed / 2147483647
        }
        print u[0] "," u[1] "," (u[0] + u[1] / 2 + u[2] / 3 > 1.57 ? "yes" : "no")
    }
}' >rare.csv
few() {
    "$@" | sed -E 's/[0-9]+\.[0-9]+/X/g; s/[0-9,]+ (right|wrong)/N \1/g; s/^(cost +)[0-9]+/\1C/'
}
nnfs-train -q rare.csv -e 20 --validation 0.2 -o model
nnfs-train rare.csv -e 20 --validation 0.2 -o model 2>/dev/null | grep ^threshold | sed -E 's/[0-9.]*[0-9]/X/g'
run few nnfs-eval model rare.csv --split test --costs 1,20 --mistakes 0 | sed '/^confusion/,$d'
nnfs-eval model rare.csv --split test --calibration --mistakes 0 | grep -A 1 '^probability of'

# A threshold decides what is counted: the matrix agrees with the threshold's own counts.
nnfs-eval -q model rare.csv --split test --json >found.json
best=$(grep -o '"best_f1":{"threshold":[0-9.e-]*' found.json | sed 's/.*://')
nnfs-eval -q model rare.csv --split test --json --threshold "$best" >best.json
counts() {
    grep -o "\"$2\":{[^}]*}" "$1" | grep -oE '"(tp|fp|fn)":[0-9]*' | sort
}
matrix() {
    grep -o '"confusion":\[\[[0-9]*,[0-9]*\],\[[0-9]*,[0-9]*\]\]' "$1" |
        sed -E 's/.*\[\[[0-9]+,([0-9]+)\],\[([0-9]+),([0-9]+)\]\]/"fn":\2\n"fp":\1\n"tp":\3/'
}
[ "$(counts found.json best_f1)" = "$(matrix best.json)" ] && echo "the matrix has the counts of the best threshold"
right=$(nnfs-predict -q model rare.csv --threshold "$best" | grep -c '^yes')
plain=$(nnfs-predict -q model rare.csv | grep -c '^yes')
[ "$right" -gt "$plain" ] && echo "more are found than at 0.5"
[ "$(nnfs-predict -q model rare.csv --threshold 0 | grep -c '^yes')" = 3000 ] && echo "at 0 all are"
# The curves go from the most probable sample to all of them.
grep -oE '"(tp|fp)":\[[0-9]+,.*\]' found.json | sed -E 's/"(tp|fp)":\[[^]]*,([0-9]+)\].*/\2/' | head -1
grep -oE '"(positives|negatives)":[0-9]+' found.json

make_small
nnfs-train -q small -o three
run nnfs-eval three small --threshold 0.3
run nnfs-predict three small --threshold 0.3
run nnfs-eval model rare.csv --threshold 1.5
run nnfs-eval model rare.csv --costs 1
run nnfs-eval model rare.csv --costs 1,-2

# The report draws both curves.
nnfs-train -q rare.csv -e 3 -o none --report run.html
grep -oE '<figcaption>[A-Za-z -]*</figcaption>' run.html | sort -u
