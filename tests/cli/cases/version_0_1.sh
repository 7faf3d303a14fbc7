# What scripts written for version 0.1 rely on: each option and each field of its logs is still there, and
# each exit status means what it meant. $fixtures/version-0.1/names lists the options and the fields.
make_small
cp "$fixtures/table/flats.csv" .

# "option TOOL --NAME"
options() {
    for tool in nnfs-eval nnfs-predict nnfs-report nnfs-show nnfs-train nnfs-tune; do
        "$tool" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+|^ +-[a-zA-Z],' |
            grep -oE -e '--?[a-zA-Z0-9-]+' | sed "s/^/option $tool /"
    done
}

# "run EVENT FIELD", the numbers of list items left out
run_fields() {
    check_log "$1" | awk '$1 == "event" { event = $2 } NF { print "run", event, $1 }' | sed -E 's/\.[0-9]+\b/.N/g'
}

tune_fields() {
    check_log "$1" | awk 'NF { print "tune", $1 }' | sed -E 's/\.[0-9]+\b/.N/g'
}

run nnfs-train -q small -e 2 -b 32 -t 2 --validation 0.1 --log classes.jsonl --hidden 8,6 -o small.safetensors
run nnfs-train -q flats.csv --preset plain -e 2 --target area,price --validation 0.2 --log numbers.jsonl -o none
nnfs-tune -q small -e 2 --lr 0.01,0.02 --log tune.jsonl >/dev/null 2>&1
{
    options
    run_fields classes.jsonl
    run_fields numbers.jsonl
    tune_fields tune.jsonl
} | sort -u >now
echo "missing:"
sort -u "$fixtures/version-0.1/names" | comm -23 - now

status() {
    echo "\$ $*"
    "$@" >/dev/null 2>&1 </dev/null
    echo "=> $?"
}

status nnfs-train -q missing.csv
status nnfs-train --no-such-option
status nnfs-train -q small -e 2 --optimizer sgd --lr 1e30 --hidden 8 -o none
printf 'a,b\n1,\n2\n' >bad.csv
status nnfs-train -q bad.csv -o none
status nnfs-eval small.safetensors flats.csv
status nnfs-predict missing.safetensors small
status nnfs-show
status nnfs-report missing.jsonl
