# field.md S9: a file that is written again keeps its permissions, and a link to it stays one.
make_small
mkdir there
about() {
    echo "$1 $(stat -c '%A %F' "$1") $(stat -L -c '%A' "$1")"
}
# Writes a private file by a link, which it is behind already.
again() {
    local file=$1
    shift
    mkdir -p there
    echo old >"there/$file"
    chmod 600 "there/$file"
    ln -s "there/$file" "$file"
    "$@" >/dev/null || echo "=> $?"
    about "$file"
    cmp -s <(echo old) "there/$file" && echo "nothing was written"
}
again model.safetensors nnfs-train --preset plain -q small -e 1
again run.html nnfs-train --preset plain -q small -e 1 -o none --report run.html
again predictions.csv nnfs-predict -q model.safetensors small -o predictions.csv
again picture.png nnfs-show digits --count 4 -o picture.png
nnfs-train --preset plain -q small -e 1 -o none --log run.jsonl
again page.html nnfs-report run.jsonl -o page.html
ls -A there
umask 027
nnfs-train --preset plain -q small -e 1 -o new.safetensors
nnfs-predict -q model.safetensors small -o new.csv
about new.safetensors
about new.csv
# Checkpoints replace a link.
echo precious >precious
mkdir runs
ln -s ../precious runs/best.safetensors
nnfs-train --preset plain -q small -e 1 -o none --checkpoint runs
about runs/best.safetensors
cat precious
