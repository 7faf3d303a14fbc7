# field.md S11: a stopped run that cannot save its model says so, and ends with status 1.
make_small
mkdir there
nnfs-train --preset plain -q small -e 100000000 --hidden 4 -o there/model.safetensors --log run.jsonl 2>err &
pid=$!
while ! grep -qs '"epoch"' run.jsonl; do
    sleep 0.01
done
rmdir there
kill -s TERM $pid
wait $pid
echo "=> $?"
sed -E 's/after .*/after N/; s/(loss|accuracy).*//' err
