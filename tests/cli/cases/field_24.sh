# A small table on a busy machine: with two threads beside two busy loops a run takes about as long as with one,
# and not the seconds an epoch that waiting threads cost in version 0.1. The bits are the same.
for i in 1 2 3 4 5 6 7 8 9; do
    printf '%d,%d,%s\n' $((i * 7 % 10)) $((i * 3 % 10)) red $((i * 9 % 10)) $((i * 2 % 10)) white
done >garden.csv
sh -c 'while :; do :; done' &
first=$!
sh -c 'while :; do :; done' &
second=$!
for threads in 1 2; do
    timeout 100 nnfs-train -q garden.csv -e 1000 -t $threads -o model$threads
    echo "$threads => $?"
done
kill $first $second
cmp model1 model2 && echo "the same bits"
