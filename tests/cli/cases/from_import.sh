# An imported network is trained on as it is: it takes the numbers of a table unscaled, also in training.
cp "$fixtures"/import/accept/{sklearn-numbers.onnx,keras-classes.onnx,torch-relu.safetensors} .
for file in sklearn-numbers.onnx keras-classes.onnx torch-relu.safetensors; do
    nnfs-import -q $file -o "${file%.*}"
done
awk 'BEGIN { srand(4); for (i = 0; i < 60; i++) {
    for (j = 0; j < 8; j++) printf "%.3f,", 5 + 3 * rand()
    print i % 3
} }' >numbers.csv
cut -d, -f 1-5 numbers.csv >one.csv
cut -d, -f 1-8 numbers.csv >three.csv
cut -d, -f 1-4,9 numbers.csv >kinds.csv
hash_of() {
    nnfs-show "$1" | grep '^weights'
}

# Without an epoch nothing changes.
nnfs-train -q --from sklearn-numbers one.csv -e 0 --header no -o again
nnfs-predict -q sklearn-numbers one.csv --header no >before
nnfs-predict -q again one.csv --header no | cmp - before && echo "the same predictions"
# One target, several, classes, in training and in measuring.
run nnfs-train -q --from sklearn-numbers one.csv -e 5 --header no -o one --log run.jsonl --checkpoint runs
run nnfs-train -q --from torch-relu three.csv -e 5 --header no -o three --freeze 1
run nnfs-train -q --from keras-classes kinds.csv -e 5 --header no -o kinds --test kinds.csv
for model in one three kinds; do
    nnfs-eval $model $model.csv --header no 2>/dev/null | sed -n 1p
    nnfs-export -q $model --onnx $model.onnx --c $model.c --check $model.csv
    nnfs-import -q $model.onnx -o again
    [ "$(hash_of again)" = "$(hash_of $model)" ] && echo "the same weights back"
done
# The rows that were held out.
nnfs-eval one one.csv --header no --split test | sed -n 1p
run nnfs-train -q --resume runs -e 6

# Arrays, with the targets in a file of their own.
python3 - <<'END'
import struct
rows = [[float(cell) for cell in line.split(",")] for line in open("three.csv")]
for name, columns in ("x.npy", range(5)), ("y.npy", range(5, 8)):
    values = [row[i] for row in rows for i in columns]
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (60, %d), }" % len(columns)
    header = header.ljust(117) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%df" % len(values), *values))
END
nnfs-train -q --from torch-relu x.npy --targets y.npy -e 5 --freeze 1 -o arrays
[ "$(hash_of arrays)" = "$(hash_of three)" ] && echo "the same weights from arrays"
nnfs-eval -q arrays x.npy --targets y.npy | sed -n 1p

# What does not fit.
run nnfs-train --from sklearn-numbers three.csv --header no
cut -d, -f 1-4 numbers.csv >inputs.csv
run nnfs-train --from sklearn-numbers inputs.csv --header no
sed '3s/^[^,]*/high/' one.csv >text.csv
run nnfs-train --from sklearn-numbers text.csv --header no
sed '3s/^[^,]*//' one.csv >missing.csv
run nnfs-train --from sklearn-numbers missing.csv --header no
run nnfs-train --from sklearn-numbers x.npy --targets y.npy
# A column that counts rows is a number of the network's like any other.
awk 'BEGIN { print "a,b,c,d,y"; for (i = 1; i <= 40; i++) print i ",0." i % 7 ",0.25,0." i % 3 "," i % 5 }' >counter.csv
run nnfs-train -q --from sklearn-numbers counter.csv --epochs 1 -o none
