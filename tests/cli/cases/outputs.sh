# Where a run is to write is looked at before it begins, and left alone until it ends.
make_small
mkdir folder
echo old >file
ln -s folder link
run nnfs-train small -o nowhere/model.safetensors
run nnfs-train small -o folder
run nnfs-train small -o folder/
run nnfs-train small -o file/model.safetensors
run nnfs-train small -o /dev/null
run nnfs-train small -o ''
run bash -c 'nnfs-train small -o /proc/model.safetensors 2>/dev/null' # root is told otherwise
# The temporary file of a save has a longer name, which a file system may not take.
run nnfs-train small -o "$(printf 'x%.0s' {1..250})"
run nnfs-train small -o both --log ./both
run nnfs-train small -o folder/both --log link/both
run nnfs-train small -o file --log ../here/file
run nnfs-train small --log nowhere/run.jsonl
run nnfs-train small --log link
run nnfs-train empty -o file --log file2
cat file
ls -A
run nnfs-train -q small -o file
head -c 60 file | tail -c 52 && echo
run nnfs-train -q small -o none --log none
run nnfs-train -q small -o folder/model.safetensors --log /dev/null
ls folder
run nnfs-train -q small -o none --log /dev/full
run bash -c 'nnfs-train small -e 1 -o none 2>/dev/null >/dev/full'
ls
