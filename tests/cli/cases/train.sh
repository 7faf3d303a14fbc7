# Small runs, from the defaults on.
make_small
run nnfs-train small
run nnfs-train small -e 2 -b 7 -s 3 -t 1 --hidden 8,5 -o none
run nnfs-train -qe1 -onone small
run nnfs-train small -e 1 --hidden none -o none --batch full
run nnfs-train small -e 1 --batch 1 -o none
run nnfs-train small -e 0 -o none
run nnfs-train small -e 1 --validation 0.25 -o none
run nnfs-train small -e 1 --validation small -o none
run nnfs-train yes-no -e 1 -o none
make_idx one t10k 1 4 1
run nnfs-train yes-no -e 1 -o none --test one
rm -r one
run nnfs-train yes-no -e 1 -o none --test small
run nnfs-train yes-no -e 1 -o none --test yes-no
run nnfs-train small -e 1 --test yes-no -o none
run nnfs-train small -e 200 --lr 0.05 --until-accuracy 0.01 -o none
ls
