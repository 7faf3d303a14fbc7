# Spellings of true and false are one category each.
cp "$fixtures"/field/* .
nnfs-train --preset plain bool.csv -e 1 -o model 2>&1 | sed -n '/^  column/,/^predicts/p'
printf 'a,flag\n1.5,TRUE\n1.5,true\n1.5,True\n1.5,tRUE\n1.5,FALSE\n1.5,false\n' >rows.csv
nnfs-predict -q model rows.csv | sort | uniq -c | wc -l
run nnfs-predict model rows.csv -o none.csv
