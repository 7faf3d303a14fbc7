# OpenMP's environment: as many threads as asked for and possible, and one line says why they are fewer. With
# OMP_PROC_BIND see field_s4; with taskset and control groups, threads and the unit test cpu.
make_small
unset OMP_NUM_THREADS OMP_PLACES OMP_PROC_BIND OPENBLAS_CORETYPE OPENBLAS_THREAD_TIMEOUT
nnfs-train -q small -e 0 -o none --log run.jsonl
grep -q '(serial)' run.jsonl && skip "the serial OpenBLAS runs on one thread"

export OPENBLAS_NUM_THREADS=1 # of its own it needs none

# The most threads that a process has while it runs.
most_tasks() {
    local most=0 now pid
    "$@" nnfs-train digits --hidden 64 -e 1 -o none --log run.jsonl >/dev/null 2>messages &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        now=$(find /proc/$pid/task -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)
        most=$((now > most ? now : most))
        sleep 0.01
    done
    wait $pid || echo "=> $?" >&2
    echo "$most"
}
alone=$(most_tasks env OMP_NUM_THREADS=1)
check() {
    local tasks
    tasks=$(most_tasks env "$@")
    echo "$*: $((tasks - alone + 1)) of $(grep -o '"threads":[0-9]*' run.jsonl | sort -u)"
    grep -E 'threads?, not' messages | sed 's/^/2> /'
}
check OMP_NUM_THREADS=2
check OMP_NUM_THREADS=3 OMP_DYNAMIC=true
check OMP_NUM_THREADS=3 GOMP_SPINCOUNT=0
check OMP_NUM_THREADS=3 OMP_WAIT_POLICY=active
check OMP_NUM_THREADS=3 OMP_THREAD_LIMIT=2
check OMP_NUM_THREADS=2 OMP_THREAD_LIMIT=1
check OMP_NUM_THREADS=2 OMP_MAX_ACTIVE_LEVELS=0
check OMP_NUM_THREADS=2 OMP_PROC_BIND=primary
OMP_THREAD_LIMIT=1 nnfs-train -q small -t 2 -e 1 -o none 2>&1

# OpenBLAS has room for fewer, and says for how many.
OMP_NUM_THREADS=1000 nnfs-train small -e 1 --hidden 4 -o none 2>&1 >/dev/null |
    grep -cE 'threads, not 1000: this BLAS takes no more$'
