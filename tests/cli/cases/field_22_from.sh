# --from goes on training a model: with more epochs, with new data that fit it, with frozen layers.
make_small
awk 'BEGIN {
    print "width,colour,kind"
    for (i = 0; i < 200; i++) {
        w = i * 37 % 101
        c = i % 3 == 1 ? "red" : "white"
        print w "," c "," ((w > 50) == (c == "red") ? "rose" : "lily")
    }
}' >garden.csv
nnfs-train -q garden.csv --preset plain -e 2 -o first
run nnfs-train --from first garden.csv -e 2 -o second

# New data: another order, a further column and an unknown category; the preprocessing is the model's.
awk -F, 'NR == 1 { print "kind,note,colour,width" } NR > 1 { print $3 ",x," (NR % 5 ? $2 : "green") "," $1 }' garden.csv >new.csv
run nnfs-train --from first new.csv -e 2 --test garden.csv -o third
head -100 garden.csv | grep -v lily >roses.csv
run nnfs-train -q --from first roses.csv -e 1 -o roses
nnfs-predict -q first garden.csv | head -1
nnfs-predict -q roses garden.csv | head -1

# Frozen layers keep their bits, the others do not.
nnfs-train -q --from first garden.csv -e 1 --freeze 1 -o frozen
nnfs-export first --safetensors first.st >/dev/null
nnfs-export frozen --safetensors frozen.st >/dev/null
tensors() {
    python3 -c '
import json, struct, sys
a, b = (open(name, "rb").read() for name in sys.argv[1:])
size = struct.unpack("<Q", a[:8])[0]
for name, tensor in sorted(json.loads(a[8:8 + size]).items()):
    if name != "__metadata__":
        size_b = struct.unpack("<Q", b[:8])[0]
        other = json.loads(b[8:8 + size_b])[name]
        left, right = (s[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]
                       for s, n, t in ((a, size, tensor), (b, size_b, other)))
        print(name, "same" if left == right else "differs")' "$@"
}
tensors first.st frozen.st

# A run from a model can be resumed, to the same bits.
nnfs-train -q --from first garden.csv -e 4 --schedule constant -o whole
nnfs-train -q --from first garden.csv -e 2 --schedule constant --checkpoint runs -o part
run nnfs-train -q --resume runs -e 4
cmp whole part && echo "as four epochs at once"

# Pictures.
nnfs-train -q small -e 1 -o pictures
run nnfs-train -q --from pictures small -e 1 -o pictures

# What does not fit.
run nnfs-train --from first small
run nnfs-train --from pictures digits
run nnfs-train --from pictures garden.csv
printf 'width,kind\n1,rose\n2,lily\n' >less.csv
run nnfs-train --from first less.csv
printf 'width,colour,kind\n1,red,tulip\n2,red,lily\n' >tulips.csv
run nnfs-train --from first tulips.csv
printf 'width,colour\n1,red\n2,red\n' >none.csv
run nnfs-train --from first none.csv
run nnfs-train --from nowhere garden.csv
run nnfs-train --from first garden.csv --hidden 3
run nnfs-train --from first garden.csv --target kind
run nnfs-train --from first garden.csv --freeze 3
run nnfs-train --from first garden.csv --freeze 1,2
run nnfs-train --from first garden.csv --freeze 2,1
run nnfs-train garden.csv --freeze 1
run nnfs-train --resume runs --from first
