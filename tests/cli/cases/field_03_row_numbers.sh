# A column that counts the rows is left out, and --numeric brings it back.
cp "$fixtures"/field/iris-id.csv "$fixtures"/field/index-unnamed.csv .
table() {
    "$@" 2>&1 | sed -n '2,/^predicts/p'
}
table nnfs-train --preset plain iris-id.csv -e 1 -o none
table nnfs-train --preset plain iris-id.csv -e 1 -o none --numeric Id
table nnfs-train --preset plain index-unnamed.csv -e 1 -o iris
# The model does not ask for it, nor mind other numbers.
sed 's/^[0-9]*,/77,/' index-unnamed.csv >other.csv
nnfs-train --preset plain index-unnamed.csv -q -e 1 -o model
nnfs-predict -q model index-unnamed.csv >one
nnfs-predict -q model other.csv >two
cmp one two && echo "the same predictions"
# Steps of 5 from a number that float32 rounds count too; a step that differs once does not.
awk 'BEGIN { print "id,a,y"; for (i = 0; i < 60; i++) print 15634602 + 5 * i "," i % 7 ".5," (i % 2 ? "p" : "n") }' >large.csv
table nnfs-train --preset plain large.csv -e 1 -o none
sed '30s/^[0-9]*/15634999/' large.csv >uneven.csv
table nnfs-train --preset plain uneven.csv -e 1 -o none
# Identifiers that float32 rounds to one number are not called constant.
awk 'BEGIN { print "id,a,y"; for (i = 0; i < 60; i++) print "11111111111111111" 10 + i "," i % 7 ".5," (i % 2 ? "p" : "n") }' >ids.csv
table nnfs-train --preset plain ids.csv -e 1 -o none
