# field.md S13: a learning rate that makes the very first update overflow is named.
make_small
run nnfs-train --preset plain -q small -o none --optimizer adam --lr 3e38
run nnfs-train --preset plain -q small -o none --optimizer sgd --lr 3e38
