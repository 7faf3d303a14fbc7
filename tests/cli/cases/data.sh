# Datasets that are there, but not what they must be.
make_small
make_idx wide t10k 10 5 3
make_idx many t10k 10 4 7
mkdir empty
echo words >words
run nnfs-train empty
run nnfs-train ./words
run nnfs-train /dev/zero
run nnfs-train ./nowhere
run nnfs-train wide
run nnfs-train small --test wide
run nnfs-train small --test many
run nnfs-train small --validation wide
run nnfs-train small --test nowhere
run nnfs-train yes-no --until-accuracy 0.9
run nnfs-train small --validation nowhere
# A share to test on takes the place of the test set that is there.
run nnfs-train small --test 0.25 -e 1 -o none
run nnfs-train small --test 0 -e 1 -o none
ls
