# Who evaluates on the file trained on is told so, and can have the rows that were held out.
awk 'BEGIN {
    print "id,name,x,kind,weight,sold"
    for (i = 0; i < 300; i++) {
        x = i * 7919 % 101
        print i ",n" i "," (i % 9 ? x : "") "," substr("abc", i % 3 + 1, 1) "," 1 + i % 2 "," (x > 60 ? "yes" : "no")
    }
}' >sales.csv
nnfs-train sales.csv --weight-column weight --validation 0.25 --seed 7 >summary 2>/dev/null
parts() {
    nnfs-eval model.safetensors "$@" | grep -E '^(loss|accuracy)|on [0-9]+ samples' | sed 's/ (.*) on/ on/; s/ (.*//'
}
run parts sales.csv | mask
run parts sales.csv --split test
run parts sales.csv --split validation
run parts sales.csv --split train
# The same numbers as at the end of training.
for part in train validation test; do
    loss=$(nnfs-eval -q model.safetensors sales.csv --split $part | sed -n 's/^loss *//p')
    grep -q "^${part:0:5}.* loss $loss," summary && echo "$part agrees"
done
nnfs-eval -q model.safetensors sales.csv --json | grep -oE '"(split|trained_on)":[^,]*'
nnfs-eval -q model.safetensors sales.csv --split test --json | grep -oE '"(split|trained_on)":[^,]*'

# Other columns do not matter, other rows do.
cut -d, -f3- sales.csv >fewer.csv
run parts fewer.csv --split test
sed 5d sales.csv >shorter.csv
run parts shorter.csv
run parts shorter.csv --split test

# All of it, and a test set that DATA brings.
nnfs-train -q sales.csv --test 0
run parts sales.csv
run parts sales.csv --split test
make_small
nnfs-train -q small --validation 0.3
run brief model.safetensors small
run brief model.safetensors small --split validation
