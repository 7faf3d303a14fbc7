# How many threads a tool uses: --threads, else OMP_NUM_THREADS, else the cores it may use. More than
# the cores are said, and the bits are the same.
command -v taskset >/dev/null || skip "no taskset"
make_small
nnfs-train -q small -e 0 -o none --log run.jsonl
grep -q '(serial)' run.jsonl && skip "the serial OpenBLAS runs on one thread"
# On one core, whichever it is.
core=$(taskset -cp $$ | sed -E 's/.*: ([0-9]+).*/\1/')
used() {
    echo "\$ $*"
    taskset -c "$core" "$@" small -e 3 --hidden 4 -o none --log run.jsonl >/dev/null 2>"$work/err" ||
        echo "=> $?"
    grep -v ': advice: ' "$work/err" | grep '^nnfs-' | sed 's/^/2> /'
    check_log run.jsonl | grep '^settings.threads'
    grep -oE '"(cores|threads)":[0-9]+' run.jsonl | sort -u
    grep -o '"weights_hash":"[^"]*"' run.jsonl >>hashes
}
used nnfs-train
used nnfs-train --threads 1
used nnfs-train --threads 2
used nnfs-train --threads 2 -q
used env OMP_NUM_THREADS=3 nnfs-train
used env OMP_NUM_THREADS=3 nnfs-train --threads 1
echo "$(sort -u hashes | wc -l) hash"
rm run.jsonl

# As many as there may be: the BLAS's own limit holds, and OpenBLAS prints nothing.
most() {
    echo "\$ $*"
    "$@" -q small -e 1 --hidden 4 -o none
    echo "=> $?"
}
most nnfs-train --threads 1024
most env OMP_NUM_THREADS=1024 nnfs-train
run nnfs-train --threads 1025
run nnfs-eval model.safetensors small --threads 1025
