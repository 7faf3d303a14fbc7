# The columns of --keep stand before the predictions as they are written in the file, with their quotes.
cat >flowers.csv <<'END'
width,colour,kind
1.50,red,rose
3,white,lily
5,red,rose
7,white,lily
9,red,rose
2,white,lily
END
nnfs-train flowers.csv -q -e 1 -o flowers
cat >new.csv <<'END'
PassengerId,width,colour,remark,note
0009007199254740993,1.50,red,"a ""b"", c",x
12,,white,,x
NA,9e0,green,=1+1,x
END
run nnfs-predict flowers new.csv --keep PassengerId,width,remark,colour -o out.csv
cut -d, -f1-3 out.csv
run nnfs-predict flowers new.csv --keep remark -o out.csv --escape-formulas
cut -d, -f1 out.csv | tail -1
cat new.csv | nnfs-predict flowers - --keep 1 -q | cut -d, -f1

# Without names, by number; with many windows, rows and threads.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "%d.%d,%d,x%07d\n", i % 97, i % 7, i % 3, i }' >large.csv
nnfs-train large.csv --target 2 --drop 3 -q -e 1 -b 4096 -o large 2>&1
nnfs-predict large large.csv --keep 3,1 -t 2 -q | cut -d, -f1,2 >kept
head -3 kept
tail -n +2 kept | cmp - <(awk -F, '{ print $3 "," $1 }' large.csv) && echo same

# A row that is left out leaves out its cells.
printf 'width,colour,id\n1,red,a\n2,white\n3,red,c\n' >bad.csv
run nnfs-predict flowers bad.csv --skip-bad-rows --keep id -o out.csv
cut -d, -f1 out.csv

run nnfs-predict flowers new.csv --keep nothing
run nnfs-predict flowers new.csv --keep width,2
cp "$fixtures"/npy/accept/f4-little.npy .
run nnfs-predict flowers f4-little.npy --keep 1
