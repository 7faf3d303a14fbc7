# A run writes checkpoints, is stopped, and goes on to the very weights that it would have come to.
make_small
mask_run() {
    mask | sed -E 's/[0-9]+ epochs?( and [0-9]+ batch(es)?)?/N/; s/checkpoint-[0-9-]+/checkpoint-N/; s/header of [0-9]+/header of N/'
}
hash_of() {
    grep -o '"weights_hash":"[0-9a-f]*"' "$1" | tail -n 1
}
same_end() {
    cmp model.safetensors whole.safetensors && [ "$(hash_of run.jsonl)" = "$(hash_of whole.jsonl)" ] &&
        cmp <(epochs run.jsonl) <(epochs whole.jsonl) && echo "the same end"
}
epochs() {
    grep '"event":"epoch"' "$1" | sed -E 's/"(seconds|samples_per_second|gflops)":[-+0-9.e]+//g'
}
run nnfs-train -q small -e 3 -b 20 --hidden 5 --log three.jsonl --checkpoint three --checkpoint-every 2steps
ls -A three
run nnfs-train --resume three
run nnfs-train small -e 3 --checkpoint three
run nnfs-train --resume three --lr 0.1
run nnfs-train --resume three small
run nnfs-train --resume nowhere
run nnfs-train --resume small
run nnfs-train --resume model.safetensors
run nnfs-train small --checkpoint-every 5steps
run nnfs-train small --checkpoint c --checkpoint-every 5days
run nnfs-train small --checkpoint c --folds 3
run nnfs-train -q small --checkpoint no/such -o none
run nnfs-train -q small --checkpoint zero -e 0 -o none
ls -A zero

# Stopped, and gone on with.
start=(nnfs-train -q small -e 800 -b 20 --hidden 5 --log run.jsonl --checkpoint runs)
"${start[@]}" && mv model.safetensors whole.safetensors && mv run.jsonl whole.jsonl && rm -r runs
"${start[@]}" 2>"$work/err" &
pid=$!
while ! grep -qs '"epoch"' run.jsonl; do
    sleep 0.01
done
kill -s INT $pid
wait $pid
echo "=> $?"
mask_run <"$work/err"
resumed() {
    echo "\$ $*"
    "$@" >"$work/out" 2>"$work/err" </dev/null
    local status=$?
    mask_run <"$work/err" | sed 's/^/2> /'
    echo "=> $status"
}
cp -r runs stopped
cp run.jsonl stopped.jsonl
again() {
    rm -rf runs run.jsonl model.safetensors
    cp -r stopped runs
    cp stopped.jsonl run.jsonl
}
resumed nnfs-train --resume runs && same_end
again
mkdir elsewhere && mv runs elsewhere/moved
(cd elsewhere && resumed nnfs-train -q -t 2 --resume moved) && same_end
find elsewhere -name '.*'

# One run in a folder at a time, and one for a log.
again
command -v flock >/dev/null || skip "no flock(1) to be another run with"
resumed flock run.jsonl nnfs-train --resume runs
resumed flock runs nnfs-train -q small -o none --checkpoint runs
again

# What must be as it was, and is not.
mv small other && make_idx small train 60 4 2
resumed nnfs-train --resume runs
rm -r small && mv other small
again
resumed nnfs-train --resume runs/best.safetensors && same_end
again
newest=$(ls runs/checkpoint* | tail -n 1)
truncate -s 200 "$newest"
resumed nnfs-train --resume runs && same_end
again
truncate -s 100 run.jsonl
resumed nnfs-train --resume runs && cmp model.safetensors whole.safetensors
again
for file in runs/*; do
    truncate -s 200 "$file"
done
resumed nnfs-train --resume runs

# A run that diverges leaves a checkpoint that can be gone on from, to the same end.
run nnfs-train -q small -b 20 --optimizer sgd --lr 1e30 --hidden 8 --checkpoint steep --checkpoint-every 1steps
resumed nnfs-train --resume steep
ls

# In a folder whose name has blanks, which the checkpoint notes.
mkdir 'a b  c%'
cp -r small 'a b  c%'
(cd 'a b  c%' && nnfs-train -q small -e 2 --hidden 5 -o none --checkpoint 'its own')
run nnfs-train -q --resume 'a b  c%/its own'
