# Where OpenBLAS has threads of its own, a tool starts itself again with OPENBLAS_THREAD_TIMEOUT, so that they
# soon rest: once, and only where that is not set.
fake=$(preloadable libfake_kernel.so)
make_small
nnfs-train -q small -e 0 -o none --log run.jsonl
grep -q '"blas":"OpenBLAS.*(pthread)' run.jsonl || skip "no OpenBLAS with threads in this build"
[ "$(nproc)" -gt 1 ] || skip "a single core"
rm run.jsonl
export STARTS=$work/starts OPENBLAS_CORETYPE=SkylakeX
# The sanitizers want to be the first library, and need not be.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

# Runs a command, then says how often a tool was started.
count_starts() {
    echo "\$ $*"
    (export LD_PRELOAD="$fake" && "$@" >/dev/null 2>&1 </dev/null)
    echo "=> $?, starts: $(grep -c " nnfs-train:" "$STARTS")"
    rm -f "$STARTS"
}

unset OPENBLAS_THREAD_TIMEOUT
count_starts nnfs-train -q small -e 0 -o none
count_starts taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" nnfs-train -q small -e 0 -o none
export OPENBLAS_THREAD_TIMEOUT=20
count_starts nnfs-train -q small -e 0 -o none
