# The compiled step: its ops, stages and tiles depend on the shapes alone, and nothing is trained or written.
make_small
run nnfs-train small --show-program --hidden 16 --threads 1
run nnfs-train small --show-program --hidden 16 --threads 2 --normalization batch --dropout 0.5 --clip-norm 1
run ls
