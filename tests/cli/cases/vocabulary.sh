# Normalisation, dropout and early stopping: what is accepted, refused and resumed.
make_small
run nnfs-train small -e 2 -b 7 --hidden 8,5 --dropout 0.25,0.5 --input-dropout 0.1 --normalization batch -o none
run nnfs-train small -e 2 -b 7 --hidden 8,5 --dropout 0.25 --normalization layer -o none
run nnfs-train small -e 1 --hidden 8,5 --dropout 0.1,0.2,0.3 -o none
run nnfs-train small -e 1 --hidden none --dropout 0.1,0.2 -o none
run nnfs-train small -e 1 --dropout 1 -o none
run nnfs-train small -e 1 --input-dropout -0.1 -o none
run nnfs-train small -e 1 --normalization bach -o none
run nnfs-train small -e 1 --patience 3 -o none
run nnfs-train small -e 1 --validation 0.25 --monitor rmse -o none
run nnfs-train small -e 40 -b 7 --validation 0.25 --patience 2 --monitor accuracy -o none
