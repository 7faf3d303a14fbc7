#!/bin/bash
# How a job of several ranks ends: in the log and the files of rank 0 alone; with one sentence and the exit
# status of a single process where it is refused or diverges; at once where a rank is killed, to be resumed on
# another number of ranks to the same bits.
# Usage: ends.sh BUILD LAUNCHER
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# expect STATUS SENTENCE RANKS ARGUMENTS...: once, and by one rank
expect() {
    local status=$1 sentence=$2 count
    shift 2
    ranks "$@" >"$work/out" 2>"$work/errors"
    local got=$?
    [ $got -eq "$status" ] || wrong "$*: exit status $got, not $status"
    count=$(grep -c "^nnfs-train: $sentence" "$work/errors")
    [ "$count" -eq 1 ] || wrong "$*: '$sentence' $count times in: $(cat "$work/errors")"
}

table=$data/table/flats.csv
cd "$work" || exit 1
expect 2 'unknown option --epocs' 3 digits --epocs 2
expect 2 '3 ranks need as many shards or more, not 2' 3 "$table" --shards 2 --output none
expect 1 'there is no dataset .nowhere.csv.' 3 nowhere.csv
expect 3 'epoch 1, batch .*: the loss is not finite' 3 "$table" --hidden 16 --optimizer sgd --lr 1e30 --output none

# One rank writes: a log with one start, epochs in order, and one end.
ranks 3 "$table" --epochs 2 --hidden 16 --log run.jsonl --output model.safetensors >out 2>errors || wrong 'training failed'
[ "$(grep -oE '"event":"(start|epoch|end)"' run.jsonl | cut -d '"' -f 4 | tr '\n' ' ')" = 'start epoch epoch end ' ] ||
    wrong "the log: $(cut -c 1-60 run.jsonl)"
grep -q '"ranks":3,"hosts":1' run.jsonl || wrong 'the log has no ranks and hosts'
grep -qE '^epoch 2/2 .* samples/s  communication [0-9.]+ %$' errors || wrong "no communication in: $(cat errors)"
[ "$(grep -c '^weights' out)" -eq 1 ] || wrong "the report: $(cat out)"
grep -q '^ranks  *3 on 1 host, 4 shards' out || wrong "no ranks in the report: $(cat out)"

ranks 2 "$table" --epochs 1 --hidden 300,300 --preset plain --profile --output none >out 2>errors || wrong 'training failed'
grep -E 'all-reduce' out | sed -E 's/ +[0-9.]+ %//' >rows
printf '%s\n' '    1  all-reduce' '    2  all-reduce' '       all-reduce' | diff - rows || wrong "the profile: $(cat out)"

# Killed, and resumed on 2 ranks: the bits of the run that was not.
whole=$(hash "$build/nnfs-train" "$table" --epochs 300 --hidden 16 --shards 4)
ranks 3 "$table" --epochs 300 --hidden 16 --checkpoint saved --checkpoint-every 1epochs --output none >out 2>errors &
job=$!
until ls saved/checkpoint-* >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.05; done
victim=$(pgrep -n -f 'nnfs-train .*flats.csv --epochs 300 .* saved')
kill -KILL "$victim"
wait $job && wrong 'a job without one of its ranks ended well'
resumed=$(hash ranks 2 --resume saved)
[ "$resumed" = "$whole" ] || wrong "resumed to ${resumed:-none: $(cat "$work/errors")}, not to $whole"
exit "$failed"
