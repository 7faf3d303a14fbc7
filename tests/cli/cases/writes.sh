# What cannot be written does not cost the model: a reader that goes away, a file that grows too
# large. What was wanted and is lost is said, and the exit status tells of it; progress is not missed.
make_small
kept() {
    ls model.safetensors && rm model.safetensors
}

# A pipe without a reader, as file 4.
mkfifo pipe
exec 3<>pipe 4>pipe 3<&-
run bash -c 'nnfs-train small -e 3 2>&4'
kept
run bash -c 'nnfs-train -q small -e 3 >&4'
kept
run bash -c 'nnfs-train small -e 3 2>messages >&4; status=$?; grep ^nnfs messages >&2; exit $status'
rm messages
kept

# A log whose reader leaves after a line. More is written than fits into a pipe.
head -n 1 pipe >first &
run nnfs-train -q small -e 1000 --hidden 4 --log pipe
wait $!
check_log first | head -n 2
kept

# The file may not grow that large: the old model stays, the temporary file does not.
run nnfs-train -q small -e 1
cp model.safetensors old
run bash -c 'ulimit -f 8; nnfs-train -q small -e 1 --hidden 4000'
cmp old model.safetensors
ls -A
