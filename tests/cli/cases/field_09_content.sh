# What a file is, its content says; --format forces it.
cp "$fixtures"/field/* .
weights() {
    nnfs-train --preset plain "$@" -e 2 -o none 2>/dev/null | grep '^weights'
}
cp plain.dat table.csv
[ "$(weights plain.dat)" = "$(weights table.csv)" ] && echo "the same under another name"
cp x-c.npy array && cp x.npz arrays.csv.npz
nnfs-train --preset plain array --targets y-str.npy -e 1 -q -o none && echo "an array without a name"
nnfs-train --preset plain x.npz -e 1 -o none 2>&1 | sed -n '1,/^predicts/p'
[ "$(weights x.npz)" = "$(weights x.npz --arrays X,y)" ] && echo "the same arrays"
nnfs-train --preset plain x.npz -q -e 1 -o model && nnfs-eval model x.npz | head -1
run nnfs-train --preset plain x.npz -q -o none --arrays q
run nnfs-train --preset plain x.npz -q -o none --arrays X,q
head -c 3000 x.npz >cut.npz
run nnfs-train --preset plain cut.npz -q -o none
run nnfs-train --preset plain table.csv -q -o none --format npy
run nnfs-train --preset plain table.csv -q -o none --format table
printf '\211PNG\r\n\032\nrest' >picture.png
run nnfs-train --preset plain picture.png -q -o none
# Bytes of no format: one sentence by each reader.
awk 'BEGIN { srand(7); for (i = 0; i < 1000000; i++) printf "%c", int(rand() * 256) }' >random
for format in "" idx csv npy npz; do
    nnfs-train --preset plain random -q -o none ${format:+--format $format} >said 2>&1
    echo "$format: $?, $(wc -l <said) line"
done
