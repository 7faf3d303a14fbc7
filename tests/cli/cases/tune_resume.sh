# Killed or interrupted, nnfs-tune goes on: runs that have ended are not made again, and the log is as if
# it had never stopped.
make_small
arguments=(small --hidden 300,300 --lr 0.1,0.2,0.05,0.01,0.02,0.03 -e 400 --optimizer sgd)
lines() {
    sed -E 's/^.*("run":)/\1/;s/"seconds":[^,]*,//' "$1" | sort
}
nnfs-tune -q "${arguments[@]}" --log whole.jsonl >/dev/null
lines whole.jsonl >expected
wc -l <expected

wait_for() {
    local tries=0
    while [ "$(cat tune.jsonl 2>/dev/null | grep -c "$1")" -lt "$2" ] &&
        [ $((tries += 1)) -lt 1000 ]; do
        sleep 0.01
    done
}

for round in 1 2 3; do
    rm -f tune.jsonl
    nnfs-tune -q "${arguments[@]}" >"$work/out" 2>&1 &
    wait_for '"ended"' "$round"
    kill -KILL $!
    wait $! 2>/dev/null
    head -c $((round * 11)) expected >>tune.jsonl # as if a line had been cut short
    ended=$(grep -c '"ended"' tune.jsonl)
    nnfs-tune "${arguments[@]}" >"$work/out" 2>"$work/err"
    echo "=> $?"
    grep -c "going on from 'tune.jsonl': $ended of 6 runs have ended" "$work/err"
    [ "$(grep -cE '^[0-9]/6 ' "$work/err")" = $((6 - ended)) ] && echo "only the others were run"
    head -n 1 tune.jsonl | grep -c '^{"schema":"nnfs-tune/1"'
    grep -c schema tune.jsonl
    lines tune.jsonl | cmp - expected && echo "the log is whole"
done

# Once more: nothing is left to do, and the results are shown again.
nnfs-tune "${arguments[@]}" 2>&1 >"$work/out" | mask
grep -c '^best' "$work/out"

# A signal
rm tune.jsonl
nnfs-tune small --hidden 50 --lr 0.1,0.2,0.05 -e 300000 2>"$work/err" >"$work/out" &
wait_for '"iteration":9,' 1
kill -INT $!
wait $!
echo "=> $?"
mask <"$work/err" | grep -v '^[0-9]'
grep -c '^best' "$work/out"

# All runs diverge.
nnfs-tune -q small --lr 1e30,1e31 --optimizer sgd --output-activation identity --loss mse -e 3 \
    --log none >"$work/out"
echo "=> $?"
grep -c ' diverged$' "$work/out"
grep -c '^best' "$work/out"
