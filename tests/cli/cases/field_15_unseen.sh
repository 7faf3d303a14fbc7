# Categories that a model does not know are counted and named; numbers that are equal are the same.
cp "$fixtures"/field/* .
nnfs-train --preset plain cat-train.csv -q -e 1 -o codes --categorical code
run nnfs-predict codes cat-new.csv -o out.csv
sed -n 2,4p out.csv | sort -u | wc -l
nnfs-train --preset plain unseen-train.csv -q -e 1 -o colours
run nnfs-predict colours unseen-new.csv -o out2.csv
run nnfs-predict -q colours unseen-train.csv -o out3.csv
