# What belongs to the model need not be said again, and what it was told of it does not wonder at.
awk 'BEGIN { print "id,x,\"size, m2\",w,y"
    for (i = 1; i <= 60; i++) {
        x = i * 7 % 13
        print i "," (i % 5 ? x : -999) "," i % 9 "," 1 + i % 2 "," x * 10 + i % 9 + 0.5
    }
}' >flats.csv
run nnfs-train --preset plain flats.csv -e 1 --missing=-999 --drop id --weight-column w -o model
run nnfs-predict model flats.csv -o as-trained.csv
# The same cells as empty ones, or with the words given again; the weights and the id are not missed.
awk -F, 'BEGIN { OFS = "," } NR > 1 && $2 == -999 { $2 = "" } { print }' flats.csv >empty.csv
nnfs-predict -q model empty.csv | cmp - as-trained.csv && echo "the same with empty cells"
nnfs-predict -q model flats.csv --missing=-999 | cmp - as-trained.csv && echo "the same, told again"
nnfs-predict -q model flats.csv --missing=-1 | cmp -s - as-trained.csv || echo "other words, other predictions"
awk 'BEGIN { FS = OFS = "," } { print $2, $3 (NR == 1 ? "," $4 : ""), NR == 1 ? "new" : "n" NR }' \
    flats.csv >new.csv
run nnfs-predict model new.csv -o new-predictions.csv
cmp new-predictions.csv as-trained.csv && echo "the same with another column"
# Rows that are among those to train on, although the file has only the columns that the model uses.
awk 'BEGIN { print "x,same,y"; for (i = 1; i <= 60; i++) print i * 7 % 13 ",1," i % 9 + 0.5 }' >train.csv
sed '1s/.*/x,y/; s/,1,/,/; 31,$d' train.csv >test.csv
run nnfs-train --preset plain train.csv --test test.csv -e 1 -o none
# Names with commas in them, alone and in a list.
run nnfs-train --preset plain flats.csv -e 1 --target "size, m2" --missing=-999 -o none
nnfs-train --preset plain flats.csv -q -e 1 --drop "w,size, m2,id" -o none && echo "dropped"
run nnfs-train --preset plain flats.csv -e 1 --drop "w,size, m3,id" -o none
# Numbers that float32 hardly tells apart.
awk 'BEGIN { print "when,y"; for (i = 1; i <= 60; i++) print 1700000000 + i * 60 "," i % 9 + 0.5 }' >when.csv
run nnfs-train --preset plain when.csv -e 1 -o none
run nnfs-train --preset plain when.csv -e 1 --target when --scale none -o none
ls
