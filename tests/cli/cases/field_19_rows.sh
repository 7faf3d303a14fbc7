# Rows in reports and lists are those of the file, with its name: not those of the part that was held out.
awk 'BEGIN {
    print "id,x,y,price"
    for (i = 0; i < 200; i++) {
        target = i % 10 == 3 ? "" : 3 * i + (i == 124 ? 100000 : i % 7)
        print "k" i "," i "," i * i % 31 "," target
    }
}' >rows.csv
nnfs-train -q rows.csv --drop id --test 0.5 --seed 3 -e 3 --log run.jsonl --report run.html

# The worst row of the test part is the outlier, row 124, although rows before it have no target.
grep '"set":"test"' run.jsonl | grep -o '"data":"[^"]*"'
grep '"set":"test"' run.jsonl | grep -o '"mistakes":\[{"row":[0-9]*'
grep -o 'numbers are rows of [a-z.]*, counted from 0' run.html | uniq
grep -o '<td class="n">124</td>' run.html
nnfs-eval model.safetensors rows.csv --mistakes 1 | sed -n '/^worst/,$p' | awk '{ print $1, $2 }'
nnfs-eval model.safetensors rows.csv --mistakes 1 --json | grep -o '"mistakes":\[{"row":[0-9]*'
