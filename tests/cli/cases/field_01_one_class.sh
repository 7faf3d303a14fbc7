# A target with one class, or a number that never varies, is refused.
cp "$fixtures"/field/* .
for name in single-class single-number const-target; do
    cp "$name.csv" .
    run nnfs-train --preset plain "$name.csv" -q -o none
done
sed 's/yes$/no/; 2s/no$/yes/' single-class.csv >two.csv
nnfs-train --preset plain two.csv -q -e 1 -o none && echo "two classes are trained on"
printf 'a,y\n' >numbers.csv
for i in 1 2 3 4 5 6 7 8 9; do echo "$((i * 7 % 5)).5,0.25" >>numbers.csv; done
run nnfs-train --preset plain numbers.csv -q -o none --task numbers
make_idx one train 12 4 1
run nnfs-train --preset plain one -q -o none
run nnfs-tune single-class.csv --lr 0.1,0.2 -e 1
