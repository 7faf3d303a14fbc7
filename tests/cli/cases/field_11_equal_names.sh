# Columns of one name get a number; those that are not asked for do not matter.
cp "$fixtures"/field/* .
nnfs-train --preset plain dup.csv -e 1 -o model 2>&1 | sed -n '2,/^predicts/p'
nnfs-predict -q model dup.csv | head -1
nnfs-train --preset plain dup-target.csv -e 1 -o none 2>&1 | grep '^predicts'
run nnfs-train --preset plain dup-target.csv -q -o none --target y
run nnfs-train --preset plain dup-target.csv -q -e 1 -o none --target 3
run nnfs-train --preset plain dup.csv -q -e 1 -o none --drop x.1
printf 'a,b,colour,y\n' >known.csv
for i in 1 2 3 4 5 6 7 8; do echo "$i.5,$((i * 3 % 5)).5,$( ((i % 2)) && echo red || echo blue),$((i % 2))" >>known.csv; done
nnfs-train --preset plain known.csv -q -e 1 -o known
run nnfs-predict -q known dup-irrelevant-predict.csv -o out.csv
