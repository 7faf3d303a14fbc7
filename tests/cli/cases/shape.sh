# A table whose columns are pixels: --shape makes pictures of its rows, for --augment.
awk 'BEGIN { print "class,p0,p1,p2,p3,p4,p5,p6,p7,p8"
    for (i = 0; i < 90; i++) {
        printf "%s", i % 3 == 0 ? "bar" : i % 3 == 1 ? "floor" : "none"
        for (p = 0; p < 9; p++) {
            printf ",%d", p == 0 ? 0 : (i % 3 == 0 && p % 3 == 1) || (i % 3 == 1 && p > 5) ? 200 + i % 50 : i % 7
        }
        print ""
    } }' >pixels.csv
run nnfs-train pixels.csv --target class --shape 3x3 --augment shift:pixels=1 --test 0 -e 2 --hidden 4 \
    -o model.safetensors --log one.jsonl 2>&1 | grep -v -e epoch -e speed -e trained
nnfs-train -q pixels.csv --target class --shape 3x3 --augment shift:pixels=1 --test 0 -e 2 --hidden 4 -t 3 \
    -o none --log three.jsonl
hash() { grep -o '"weights_hash":"[^"]*"' "$1" | tail -n 1; }
[ "$(hash one.jsonl)" = "$(hash three.jsonl)" ] && echo "the same weights"
nnfs-show model.safetensors | grep -e pictures -e "  p[01] "
percent() { "$@" | sed -E 's/[0-9.]+ %/P %/'; }
run percent nnfs-show model.safetensors pixels.csv -q --rows 1 --augment flip --draw braille
run nnfs-show pixels.csv -q --rows 1 --picture 3x3 --augment flip --draw braille
# Values from 0 to 1 stay as they are, and so does a corner that never varies.
sed '1!s/,\([0-9]\)/,0.\1/g' pixels.csv >shares.csv
nnfs-train shares.csv --target class --shape 3x3 -e 0 -o none 2>&1 | grep -e "  p[01] "
run nnfs-train -q pixels.csv --target class --shape 3x4 -o none
run nnfs-train -q pixels.csv --target class --shape 3 -o none
run nnfs-train -q pixels.csv --target class --augment flip --preset plain -o none
