# A table as it is: looked at, split, prepared, trained on; and the raw file is what the model takes.
cp "$fixtures/table/flats.csv" .
run nnfs-train --preset plain flats.csv -e 2 --weight-column weight --drop remark -o none
run nnfs-train --preset plain flats.csv -e 2 --target sold --drop price,id -o sold --validation 0.1 --missing-indicator
run brief sold flats.csv
run nnfs-train --preset plain flats.csv -q -e 60 -b 16 --drop sold -o price
run nnfs-train --preset plain flats.csv -e 1 --target area,price --scale minmax --max-categories 2 -o two
run nnfs-train --preset plain flats.csv -e 1 --test 0 -o none --validation flats.csv --target sold
run nnfs-train --preset plain flats.csv -e 1 -q -t 2 --folds 3 --log run.jsonl --target sold -o none --class-weight no=2
check_log run.jsonl | grep -E '^(settings|table|event|fold|train_samples|validation_samples)'

# Counts: a rate that is never negative, in the target's own units.
run nnfs-train flats.csv -q -e 2 --target area --task numbers --loss poisson -o rates --drop sold
run nnfs-train flats.csv -q -e 2 --target area --task numbers --loss poisson --members 3 --hidden 8 -o none
printf 'a,y\n1,2\n3,-1\n2,0\n4,1\n' >counts.csv
run nnfs-train counts.csv -q --test 0 --task numbers --loss poisson -o none

# A fold that looks at validation data has its own.
run nnfs-train flats.csv -e 4 -q --folds 2 --target sold -o none --validation 0.25 --patience 1 --monitor accuracy

# Predictions: a row for each of the file, also where the price is missing, or the column is.
lines() {
    wc -l <"$1"
}
nnfs-predict -q price flats.csv -o all.csv
head -1 all.csv
lines all.csv
nnfs-predict -q two flats.csv | head -1
nnfs-predict -q sold flats.csv | sed -E '2,$s/,[0-9.e-]+/,P/g' | head -3
nnfs-predict -q sold flats.csv -t 1 >one
nnfs-predict -q sold flats.csv -t 2 | cmp - one && echo "the same with any number of threads"
# Of a sigmoid's two probabilities the larger one names the class.
nnfs-predict -q sold flats.csv | tail -n +2 | awk -F, '
    ($1 == "yes") != ($3 > 0.5) || ($2 + $3 - 1) ^ 2 > 1e-12 { print "wrong: " $0 }'
# Far better than the mean, which is 140 off.
nnfs-eval -q price flats.csv | awk '$1 == "RMSE" { print $2 < 60 ? "learned" : "RMSE " $2 }'

# The same columns in another order, one more, and no target: the same predictions, bit for bit.
cp "$fixtures/table/flats_shuffled.csv" shuffled.csv
run nnfs-predict price shuffled.csv -o other.csv
cmp all.csv other.csv && echo "the same predictions"
run brief price shuffled.csv
cut -d, -f 1-2 flats.csv >short.csv
run nnfs-predict price short.csv -o short
run nnfs-predict price digits
make_small
nnfs-train --preset plain -q small -e 1 -o small.safetensors
nnfs-predict -q small.safetensors small | head -1
nnfs-predict -q small.safetensors small | wc -l
run nnfs-predict small.safetensors flats.csv
rm -r small yes-no small.safetensors
run nnfs-predict price nowhere.csv
run nnfs-predict nowhere flats.csv
cp all.csv before.csv
run bash -c 'ulimit -f 1; nnfs-predict price flats.csv -o all.csv'
run bash -c 'ulimit -f 1; nnfs-predict price flats.csv -o cut.csv'
cmp all.csv before.csv && rm before.csv
run nnfs-predict price flats.csv -o nowhere/out.csv
run nnfs-predict price flats.csv -o /dev/null
ls
