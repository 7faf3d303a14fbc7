# A run on a table resumes: the network that is made anew has no preprocessing until training gives it one.
awk 'BEGIN {
    srand(1)
    print "size,town,price"
    split("Rome,York,Bonn", town, ",")
    for (i = 0; i < 200; i++) {
        size = 40 + 100 * rand()
        printf "%.2f,%s,%.2f\n", size, town[i % 3 + 1], 1000 * size + 500 * (i % 3)
    }
}' >flats.csv
train() { nnfs-train --preset plain -q flats.csv --target price --hidden 8 --schedule constant -o none "$@"; }
hash() { grep -o '"weights_hash":"[^"]*"' "$1" | tail -n 1; }
train -e 4 --log whole.jsonl
train -e 2 --checkpoint runs --log part.jsonl
run nnfs-train -q --resume runs --epochs 4 --log part.jsonl
[ -n "$(hash whole.jsonl)" ] && [ "$(hash whole.jsonl)" = "$(hash part.jsonl)" ] && echo "the same weights"
