# Numbers with a unit or a currency are numbers where every cell has it; other texts stay texts.
cp "$fixtures"/field/* .
show() {
    nnfs-train --preset plain "$@" -e 1 -o none 2>&1 | sed -n '/^  column/,/^predicts/p'
}
show percent.csv
show percent-target.csv
show units.csv
awk 'BEGIN { print "a,b,y"; for (i = 0; i < 40; i++) print "-\\342\\202\\254" i ".5," i % 7 (i % 2 ? "kg" : "lb") "," i % 3 % 2 }' >mixed.csv
printf 'a,b,y\n' >euro.csv
for i in 1 2 3 4 5 6 7 8 9; do printf '"€%d,106,52%d",%dA%d,%d\n' $i $i $((i % 2)) $i $((i % 2)) >>euro.csv; done
show euro.csv
run nnfs-train --preset plain percent-target.csv -q -o none --task classes
nnfs-train --preset plain units.csv -q -e 1 -o model
# A model's file may be written with or without the unit, not with another.
head -4 units.csv >with.csv
sed 's/kg//; s/GB//' with.csv >without.csv
nnfs-predict -q model with.csv >one && nnfs-predict -q model without.csv >two && cmp one two && echo same
sed 's/kg/lb/' with.csv >pounds.csv
run nnfs-predict model pounds.csv
