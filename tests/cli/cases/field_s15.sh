# field.md S15: OpenBLAS that cannot start a thread when it is loaded: a sentence, not "interrupted".
make_small
grep -q __asan_init "$tools/nnfs-train" && skip "sanitizers start before the handler"
nnfs-train --preset plain -q small -e 0 -o none --log run.jsonl
grep -q '"blas":"OpenBLAS.*(pthread)' run.jsonl || skip "no OpenBLAS with threads of its own"
grep -q '"cores":1,' run.jsonl && skip "one core"
unset OPENBLAS_NUM_THREADS
export UCX_LOG_LEVEL=fatal # Open MPI's UCX says on stdout that it could start no thread either
limited() {
    "$@" 2>err </dev/null
    echo "=> $?"
    grep '^nnfs' err
}
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
limited env LD_PRELOAD="$(preloadable "$tools/tests/cli/libno_threads.so")" nnfs-train --preset plain -q small -e 1 -o none
limited env LD_PRELOAD="$(preloadable "$tools/tests/cli/libno_threads.so")" nnfs-eval --version
