# A small address space: what does not fit is said, and the tool ends. (A thread of OpenBLAS that
# gets no buffer tries for ever, and must not be waited for.)
grep -q __asan_init "$(command -v nnfs-train)" && skip "AddressSanitizer needs more"
make_small
nnfs-train -q small -e 1 --log run.jsonl
grep -q '"blas":"OpenBLAS' run.jsonl || skip "only OpenBLAS has such buffers"
# Later releases (0.3.29) try for ever when they are loaded, before the program begins.
(ulimit -v 100000 && exec timeout 5 nnfs-eval --version) >/dev/null 2>&1
[ $? = 124 ] && skip "this OpenBLAS does not even let a program begin"
within() {
    echo "\$ $*"
    (ulimit -v "$1" && shift && exec timeout 20 "$@") >"$work/out" 2>"$work/err"
    local status=$?
    [ $status = 127 ] && skip "not even the libraries fit"
    head -n 1 "$work/out" | mask
    mask <"$work/err" | sed -E 's/[0-9.]+ MiB/N MiB/; s/^/2> /'
    echo "=> $status"
}
within 100000 nnfs-train --help
within 100000 nnfs-eval --version
within 100000 nnfs-train --epochs -1
within 100000 nnfs-train small -o none
within 100000 nnfs-train small -o nowhere/model
within 100000 nnfs-eval model.safetensors small
within 100000 nnfs-eval nothing small

# Threads that there is no work for need no memory: two samples are of one thread.
command -v taskset >/dev/null || skip "no taskset"
core=$(taskset -cp $$ | sed -E 's/.*: ([0-9]+).*/\1/')
within 2000000 taskset -c "$core" nnfs-train small -q -e 1 -b 2 --hidden 4 -o none --threads 1024
within 2000000 taskset -c "$core" env OMP_NUM_THREADS=1024 \
    nnfs-train small -q -e 1 -b 2 --hidden 4 -o none
within 2000000 taskset -c "$core" nnfs-eval model.safetensors small -q --threads 1024
