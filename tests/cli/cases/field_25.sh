# field.md row 25: two threads under OMP_PROC_BIND=close and OMP_PLACES=cores are two, with a CPU each.
make_small
unset OMP_PLACES OMP_PROC_BIND OPENBLAS_CORETYPE OPENBLAS_THREAD_TIMEOUT
nnfs-train --preset plain -q small -e 0 -o none --log run.jsonl
grep -q '(serial)' run.jsonl && skip "the serial OpenBLAS runs on one thread"
grep -q '"cores":1,' run.jsonl && skip "one core"
rm run.jsonl
OMP_PROC_BIND=close OMP_PLACES=cores nnfs-train --preset plain -q small -e 100000000 --hidden 64 -t 2 -o none \
    --log run.jsonl &
pid=$!
while ! grep -qs '"epoch"' run.jsonl; do
    sleep 0.01
done
grep -o '"threads":[0-9]*' run.jsonl | head -n 1
# The CPUs that each thread may use: one and another.
sed -n 's/^Cpus_allowed_list:\s*//p' /proc/$pid/task/*/status | sort -u >places
[ "$(wc -l <places)" -ge 2 ] && echo "more than one place"
kill -s KILL $pid
wait $pid 2>/dev/null
