# What files hold; samples and weights as pictures, in the terminal and in files.

# bars FOLDER PREFIX SAMPLES: pictures of 8 x 8, of an upright bar (class 0) or a lying one (class 1).
bars() {
    local images='' labels='' i x y
    mkdir -p "$1"
    for ((i = 0; i < $3; i++)); do
        labels+=$(printf '\\x%02x' $((i % 2)))
        for ((y = 0; y < 8; y++)); do
            for ((x = 0; x < 8; x++)); do
                if [ $((i % 2 ? y : x)) = $((1 + i / 2 % 6)) ]; then
                    images+='\xff'
                else
                    images+=$(printf '\\x%02x' $((x * 8)))
                fi
            done
        done
    done
    printf '\0\0\x08\x03%b' "$(be32 "$3")$(be32 8)$(be32 8)$images" >"$1/$2-images-idx3-ubyte"
    printf '\0\0\x08\x01%b' "$(be32 "$3")$labels" >"$1/$2-labels-idx1-ubyte"
}
bars bars train 24
bars bars t10k 8
cp "$fixtures/table/flats.csv" .

# ---- Data ----
run nnfs-show bars
run nnfs-show bars --split train --rows 0,3-4 -q
run nnfs-show bars --class 1 --count 2 -q --seed 7
run nnfs-show bars -q --count 1 --draw braille
run nnfs-show bars -q --rows 1 --picture none
run nnfs-show bars -q --rows 1 --picture 4x16
run nnfs-show bars --json
run nnfs-show flats.csv
run nnfs-show flats.csv -q --rows 0-2 --target sold --drop id,remark
run nnfs-show bars -q --rows 1 --augment shift:pixels=1
run nnfs-show bars -q --rows 1 --augment shift:pixel=1
run nnfs-show flats.csv -q --augment flip
nnfs-show bars -q --rows 2 --draw truecolor | head -1 | od -c | head -3

# ---- Models ----
percent() {
    "$@" | sed -E 's/ +[0-9.]+ % */ P % /g; s/( +-?[0-9]+\.[0-9]+){4}/ STATS/'
}
nnfs-train bars -q -e 40 --lr 0.05 --hidden 8 -o good >/dev/null
nnfs-train bars -q -e 0 --hidden none --init uniform:0.1 -o fresh >/dev/null
nnfs-train --preset plain flats.csv -q -e 60 --target sold --drop id,price -o sold >/dev/null
run percent nnfs-show good
run percent nnfs-show sold
run percent nnfs-show bars good --rows 0-1 -q
run nnfs-show good bars --mistakes -q
run nnfs-show fresh --weights -q
run percent nnfs-show --model sold flats.csv -q --rows 0-2
run nnfs-show price
COLUMNS=40 nnfs-show bars fresh --mistakes -q --count 3 | sed -E 's/[0-9.]+ %/P %/g' | tail -n 2

# ---- Files ----
run nnfs-show bars good --count 4 -o sheet.png
run check_png sheet.png
run nnfs-show bars good -q --rows 0,1 -o sheet.svg
grep -c '<image' sheet.svg
grep -c '<script\|http:.*//[^w]' sheet.svg
for i in 1 2; do
    grep -o 'base64,[^"]*' sheet.svg | sed -n "${i}s/base64,//p" | base64 -d >one.png
    run check_png one.png
done
run nnfs-show fresh --weights -o weights.png
run check_png weights.png
head -c 100 weights.png >cut.png
run check_png cut.png
run nnfs-show flats.csv -o sheet.png
run nnfs-show bars -o nowhere/sheet.png
ls

# ---- Names are safe for the terminal ----
printf 'a\033[31m,b,c\n1,x\033]0;y\007,2\n2,x,3\n3,z,4\n' >names.csv
run nnfs-show names.csv --rows 0-2

# ---- Usage ----
run nnfs-show
run nnfs-show bars flats.csv
run nnfs-show good fresh
run nnfs-show bars --rows 3-
run nnfs-show bars --rows 8
run nnfs-show bars --rows 1 --count 3
run nnfs-show bars --class 7
run nnfs-show bars --mistakes
run nnfs-show good --rows 1
run nnfs-show bars --weights
run nnfs-show bars -o sheet.jpg
run nnfs-show bars --picture 5x5
run nnfs-show bars --picture huge
run nnfs-show bars --draw ascci
run nnfs-show sold bars
run nnfs-show sold --weights -q
run nnfs-show nothing.safetensors
run nnfs-show nothing
