# Where OpenBLAS chose slow kernels, a tool starts itself again with the better ones: once, before it
# says or does anything, and only where OPENBLAS_CORETYPE is not set.
fake=$(preloadable libfake_kernel.so)
make_small
nnfs-train -q small -e 0 -o none --log run.jsonl
grep -q '"blas":"OpenBLAS' run.jsonl || skip "no OpenBLAS in this build"
grep -q '(serial)' run.jsonl && skip "the serial OpenBLAS gives other advice"
for feature in avx512f avx512dq avx512bw avx512vl; do
    grep -qw $feature /proc/cpuinfo || skip "this CPU has no AVX-512"
done
rm run.jsonl
export STARTS=$work/starts
# The sanitizers want to be the first library, and need not be.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

# It may start again for its idle threads, too: not here.
export OPENBLAS_THREAD_TIMEOUT=4

# Runs a command. Behind it a line for each start of a tool: what OPENBLAS_CORETYPE was, whether the
# process is the one before, its name, its arguments.
faked() {
    echo "\$ $*"
    (export LD_PRELOAD="$fake" && "$@" >/dev/null 2>"$work/err" </dev/null)
    echo "=> $?"
    grep -v ' samples/s$' "$work/err" | sed 's/^/2> /'
    awk '$3 ~ /^(env|bash|cp|rm):/ { last = $2; next }
        { process = $2; $2 = process == last ? "same" : "new"; last = process; print "   ", $0 }' \
        "$STARTS" | sed "s#$tools#TOOLS#g"
    rm -f "$STARTS"
}

faked nnfs-train small -e 1 --hidden 4 -o model.safetensors --log run.jsonl
grep -o '"kernel":"[^"]*"' run.jsonl
faked nnfs-eval model.safetensors small
faked nnfs-train --hiden

# What the user set holds, and its price is said.
faked env OPENBLAS_CORETYPE=Haswell nnfs-train small -e 0 --hidden 4 -o none
faked env OPENBLAS_CORETYPE=Haswell nnfs-eval model.safetensors small
faked env OPENBLAS_CORETYPE=Haswell nnfs-train -q small -e 0 --hidden 4 -o none
faked env OPENBLAS_CORETYPE=SkylakeX nnfs-train small -e 0 --hidden 4 -o none
faked env OPENBLAS_CORETYPE= nnfs-train small -e 0 --hidden 4 -o none

# Under another name, and under none.
faked bash -c 'exec -a other nnfs-train small --epochs "no number"'
faked bash -c 'exec -a "" nnfs-eval -q model.safetensors small'

# Where there is nothing to start again, it goes on as it is: its file is gone, or the dynamic loader
# was run by hand and is the program.
deleted() {
    cp "$tools/nnfs-eval" copy
    LD_LIBRARY_PATH=$tools/src bash -c 'exec 3<copy && rm copy && exec -a nnfs-eval /proc/self/fd/3 "$@"' - "$@"
}
faked deleted model.safetensors small
loader=$(ldd "$tools/nnfs-eval" | sed -nE 's#^\s*(/\S*/ld-linux\S*).*#\1#p')
by_loader() {
    "$loader" "$tools/nnfs-eval" "$@"
}
faked by_loader model.safetensors small
