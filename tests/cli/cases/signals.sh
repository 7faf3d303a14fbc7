# A signal ends the run after the current step: the model is saved, and the log is whole.
make_small
interrupt() {
    local signal=$1 tries=0 status
    shift
    echo "\$ $*"
    "$@" >"$work/out" 2>"$work/err" </dev/null &
    while ! grep -qs '"epoch"' run.jsonl && [ $((tries += 1)) -lt 200 ]; do
        sleep 0.1
    done
    kill -s "$signal" $!
    wait $!
    status=$?
    mask <"$work/out" | sed -E 's/[0-9,]+ epochs?/N epochs/'
    mask <"$work/err" | grep '^nnfs-train' | sed -E 's/[0-9,]+ epochs?/N epochs/;s/^/2> /'
    echo "=> $status"
    check_log run.jsonl | grep -E '^(reason|output)'
    rm run.jsonl
}
interrupt INT nnfs-train small -e 1000000 --log run.jsonl --hidden 50
head -c 4000 model.safetensors | grep -ao '"note.ended":"[^"]*"'
run brief -q model.safetensors small
rm model.safetensors
interrupt TERM nnfs-train -q small -e 1000000 -o none --log run.jsonl --hidden 50
interrupt HUP nnfs-train -q small -e 1000000 --log run.jsonl --hidden 50
ls

# Under nohup the end of the session is nothing to stop for.
trap '' HUP
nnfs-train -q small -e 3000 --hidden 50 -o none --log run.jsonl &
while ! grep -qs '"epoch"' run.jsonl; do
    sleep 0.01
done
kill -s HUP $!
wait $!
echo "=> $?"
check_log run.jsonl | grep '^reason'

# Between the folds of a cross-validation there is no model to keep.
run_folds() {
    nnfs-train small -e 2000 --folds 50 --hidden 50 -o folds.safetensors --log run.jsonl \
        2>"$work/err" >"$work/out" &
    while ! grep -qs '"fold"' run.jsonl; do
        sleep 0.01
    done
    kill -s INT $!
    wait $!
    echo "=> $?"
    mask <"$work/err" | grep 'there is' | sed -E 's/fold [0-9]+/fold N/'
    check_log run.jsonl | grep -E '^(reason|output)'
    ls
}
run_folds
