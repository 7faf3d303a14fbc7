#!/bin/bash
# The same weights_hash at 1, 2, 3 and 4 ranks as in one process with as many shards, and at any number of
# threads: digits and a table, normalisation and dropout, each optimizer, bfloat16.
# Usage: hashes.sh BUILD LAUNCHER [all]
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# compare "RANKS..." ARGUMENTS...
compare() {
    local counts=$1 count one some
    shift
    one=$(hash "$build/nnfs-train" "$@" --shards 4 --threads 1)
    [ -n "$one" ] || wrong "$*: no weights: $(cat "$work/errors")"
    for count in $counts; do
        some=$(hash ranks "$count" "$@" --shards 4 --threads $((count % 2 + 1)))
        [ "$one" = "$some" ] || wrong "$*: $one alone, ${some:-none: $(cat "$work/errors")} on $count ranks"
    done
    echo "$one $*"
}

table=$data/table/flats.csv
compare '3' digits --validation 0.9 --epochs 1 --hidden 64 --batch 500
compare '1 2 3 4' "$table" --epochs 3 --hidden 16,16 --batch 50 --normalization batch --dropout 0.2
compare "4 ${all:+2}" "$table" --epochs 3 --hidden 16,8 --batch 50 --normalization layer --clip-norm 0.5
compare '3' "$table" --epochs 2 --hidden 64,32 --batch 100 --precision bf16
# Layers large enough for gradients of their own on the wire, and what adds up all of them.
compare "2 ${all:+3}" "$table" --epochs 1 --hidden 300,300 --batch 100
# And updates that a step leaves to the next one.
compare '2' "$table" --epochs 2 --hidden 300,300 --batch 20 --preset plain --optimizer adam --ema 0.9
compare '3' "$table" --epochs 1 --hidden 300,300 --batch 100 --preset plain --clip-norm 0.5 --precision bf16
compare '3' "$table" --epochs 2 --hidden 16 --batch full
compare '3' "$table" --epochs 2 --hidden 16 --members 4 --batch 50
compare '2' "$table" --epochs 4 --hidden 16 --validation 0.2 --patience 1 --lr 0.1
# Gradients of 16 bits on the wire: the bits of as many shards, and others than with 32.
compare "3 ${all:+2 4}" "$table" --epochs 2 --hidden 16 --wire bf16
compare '3' "$table" --epochs 1 --hidden 300,300 --batch 100 --preset plain --wire bf16
for optimizer in nesterov adamw ${all:+sgd momentum adagrad rmsprop adam}; do
    compare '3' "$table" --epochs 2 --hidden 16 --optimizer "$optimizer"
done

# By default as many shards as ranks, rounded up to a power of two.
four=$(hash "$build/nnfs-train" "$table" --epochs 1 --hidden 16 --shards 4)
[ "$(hash ranks 3 "$table" --epochs 1 --hidden 16)" = "$four" ] || wrong 'three ranks have no four shards'
exit "$failed"
