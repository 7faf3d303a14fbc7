# What matters in a table: columns ranked by permutation, and what predictions depend on.
awk 'BEGIN {
    seed = 5
    print "id,noise,kind,size,price"
    for (i = 0; i < 2000; i++) {
        for (j = 0; j < 3; j++) {
            seed = (seed * 16807) % 2147483647
            u[j] = seed / 2147483647
        }
        k = i % 3
        print i "," u[0] "," substr("abc", k + 1, 1) "," u[1] "," 20 * u[1] + 4 * k
    }
}' >homes.csv
nnfs-train -q homes.csv --preset plain -e 30 --members 3 --log run.jsonl --report run.html
nnfs-eval -q model.safetensors homes.csv --split test --importance --mistakes 0 | sed -n '/^importance/,$p' |
    awk 'NR < 3 { print; next } { print $1 }'
for threads in 1 2; do
    nnfs-eval -q -t $threads model.safetensors homes.csv --importance --json >$threads.json
done
grep -o '"importance":{.*' 1.json >1
grep -o '"importance":{.*' 2.json | cmp - 1 && echo "the same with any number of threads"
grep -oE '"column":"[a-z]+"' 1
# The report and its log: the mean prediction rises with the size, and from a to c.
grep '"event":"importance"' run.jsonl | grep -oE '"(error|set)":"[A-Za-z]+"|"column":"[a-z]+","values"'
grep '"event":"importance"' run.jsonl | grep -oE '"values":\["a","b","c"\]'
grep '"event":"importance"' run.jsonl | grep -o '"mean":\[[^]]*' | head -1 | sed 's/.*\[//' | tr , '\n' | sort -gc && echo rises
grep -oE '<h[23]>(Importance|Partial)[^<]*' run.html

# How far the members agree.
nnfs-predict -q model.safetensors homes.csv --spread >spread.csv
head -n 1 spread.csv
cut -d, -f1 spread.csv >first
nnfs-predict -q model.safetensors homes.csv | cmp - first && echo "the same predictions"
awk -F, 'NR > 1 && !($2 > 0) { bad++ } END { print bad + 0 " without a spread" }' spread.csv
nnfs-train -q homes.csv --preset plain -e 2 --members 3 --target kind -o kinds
nnfs-predict -q kinds homes.csv --spread | head -n 1
nnfs-train -q homes.csv --preset plain -e 2 --target price,size -o one
run nnfs-predict one homes.csv --spread

make_small
nnfs-train -q small -o small.safetensors
run nnfs-eval small.safetensors small --importance
