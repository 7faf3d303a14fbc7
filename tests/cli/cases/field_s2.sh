# field.md S2: a checkpoint is data. What it says to write is written only where it is known to be the
# run's own, or where the user says so.
make_small
base=(nnfs-train --preset plain -q small -e 2 -b 20 --hidden 5)
"${base[@]}" -o ours.safetensors --log run.jsonl --report run.html --checkpoint runs
cat .nnfs-runs | mask
# An honest run needs no further word, also moved or copied.
run nnfs-train -q --resume runs
cp -r runs copied && mkdir away && mv copied away/
(cd away && run nnfs-train -q --resume copied)
ls away

# The same checkpoint as somebody else's: of the files that it names none is its own.
foreign() {
    rm -f .nnfs-runs
    echo 'my notes' >run.jsonl
    echo 'my model' >ours.safetensors
    rm -f run.html
}
foreign
run nnfs-train -q --resume runs
cat run.jsonl ours.safetensors
ls -A

# Named again: other files; the log begins anew.
run nnfs-train -q --resume runs -o new.safetensors --log new.jsonl --report none
ls -A
cat run.jsonl ours.safetensors
check_log new.jsonl | mask | grep -E '^(event|run) '
run nnfs-train -q --resume runs -o none --log none --report none

# A run log proves itself; what is no run log is not cut even when it is allowed.
run nnfs-train -q --resume runs -o none --log run.jsonl --report none
run nnfs-train -q --resume runs --resume-outputs
cat run.jsonl
rm run.jsonl
run nnfs-train -q --resume runs --resume-outputs
ls -A
run nnfs-train -q --resume-outputs small

# A link in a folder of checkpoints leads nowhere.
mkdir outside trap
cp "$(echo runs/checkpoint-000002-*)" outside/checkpoint-000002-0000000000.safetensors
ln -s ../outside/checkpoint-000002-0000000000.safetensors trap/
run nnfs-train -q --resume trap
ls -A outside

# A claim is of the file behind a link.
mkdir sub
"${base[@]}" -o sub/model.safetensors --checkpoint again
run nnfs-train -q --resume again
echo precious >precious
ln -sf ../precious sub/model.safetensors
run nnfs-train -q --resume again
cat precious
