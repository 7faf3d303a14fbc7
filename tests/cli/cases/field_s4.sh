# field.md S4 and row 25: with OMP_PROC_BIND the OpenMP runtime binds the first thread to one place, and
# a tool that starts itself again for a better BLAS still has all of them.
make_small
unset OMP_PLACES OMP_PROC_BIND OPENBLAS_CORETYPE OPENBLAS_THREAD_TIMEOUT
nnfs-train --preset plain -q small -e 0 -o none --log run.jsonl
grep -q '(serial)' run.jsonl && skip "the serial OpenBLAS runs on one thread"
cores() {
    grep -o '"cores":[0-9]*' run.jsonl
}
all=$(cores)
[ "$all" = '"cores":1' ] && skip "one core"
# The CPUs that a run's threads may use, all together, while it trains.
cpus_used() {
    rm -f run.jsonl
    "$@" nnfs-train --preset plain -q small -e 100000000 --hidden 64 -t 2 -o none --log run.jsonl &
    local pid=$!
    while ! grep -qs '"epoch"' run.jsonl; do
        sleep 0.01
    done
    sed -n 's/^Cpus_allowed_list:\s*//p' /proc/$pid/task/*/status | sort -u | tr '\n' ' '
    kill -s KILL $pid
    wait $pid 2>/dev/null
}
for bind in close spread true; do
    for places in '' cores threads; do
        used=$(cpus_used env OMP_PROC_BIND=$bind ${places:+OMP_PLACES=$places})
        echo "$bind $places: $([ "$(cores)" = "$all" ] && echo "all cores")," \
            "$([[ $used == *' '*' ' || $used == *[-,]* ]] && echo "more than one CPU used")"
    done
done
