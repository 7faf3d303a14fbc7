# What nnfs-tune refuses, before any work.
make_small
run nnfs-tune small --lr 0.1,x
run nnfs-tune small --lr 0.1,,0.2
run nnfs-tune small --lr 0.1 --lr 0.1
run nnfs-tune small --lr 0.001..0.1
run nnfs-tune small --lr 0.1..0.001 --random 3
run nnfs-tune small --lr 0..1 --random 3
run nnfs-tune small --seed 1..5 --random 3
run nnfs-tune small --random 0
run nnfs-tune small --optimizer sgd,adamm
run nnfs-tune small --optimizer sgd,adam --momentum 0.9
run nnfs-tune small --hidden 4 --activation relu,tanh
run nnfs-tune small --epochs 0
run nnfs-tune small --plot plot.png
run nnfs-tune small --plot nowhere/plot.svg
run nnfs-tune small --log nowhere/tune.jsonl
run nnfs-tune small --folds 1
run nnfs-tune small --jbos 3
run nnfs-tune small yes-no
run nnfs-tune smal --lr 0.1
run nnfs-tune small --loss cross_entropy,mse --output-activation softmax,identity -e 1
run nnfs-tune line.csv --log line.csv
ls

# A log of another command, of other data, or of something else is left alone.
nnfs-tune -q small --lr 0.1,0.2 -e 1 >/dev/null
cp tune.jsonl before
run nnfs-tune small --lr 0.1,0.3 -e 1
make_idx small train 61 4 3
run nnfs-tune small --lr 0.1,0.2 -e 1
echo 'my notes' >notes
run nnfs-tune small --lr 0.1,0.2 -e 1 --log notes
run nnfs-tune small --lr 0.1,0.2 -e 1 --log notes --fresh
cat notes
cmp before tune.jsonl && echo 'left alone'
nnfs-tune -q small --lr 0.1,0.2 -e 1 --fresh | grep -c '^best'
cmp -s before tune.jsonl || echo 'begun anew'
