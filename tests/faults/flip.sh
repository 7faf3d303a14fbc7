#!/usr/bin/env bash
# Damaged checkpoints: a bit of the newest one is flipped, or its end is cut off. Held when it is refused by
# name, the one before it is resumed, and the run ends with the weights it would have had. Where all are
# damaged, nothing is resumed, with status 4.
#
# Usage: flip.sh FOLDER_OF_THE_TOOLS TRIALS|all [SHIM]; the seed is printed, and taken from SEED.
set -u
trials=$2
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
shim=$(preloadable "${3:-$1/tests/faults/libfaults.so}")
seed=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
RANDOM=$seed
echo "seed $seed"

checkpoints=$files/checkpoints
make_idx "$data" train 24 4 3
start=("$tools/nnfs-train" -q -t 1 -e 12 -b 8 --hidden 4 -o "$model" --log "$log"
    --checkpoint "$checkpoints" --checkpoint-every 3steps "$data")

last_hash() {
    sed -n 's/.*"event":"end".*"weights_hash":"\([0-9a-f]*\)".*/\1/p' "$log"
}

"${start[@]}" >"$work/out" 2>"$work/err" || { cat "$work/err" && exit 1; }
expected=$(last_hash)
rm -rf "$checkpoints" "$log" "$model"

# Stopped behind the sixth checkpoint: the state to damage.
{ with_fault rename:6:kill-after "${start[@]}"; } 2>/dev/null
[ "$status" = 137 ] || { echo "it was not killed: exit status $status" && cat "$work/err" && exit 1; }
rm -rf "$work/state" && cp -rp "$files" "$work/state"
newest=$(cd "$checkpoints" && find . -type f ! -name '.*' ! -name '*best*' -printf '%T@ %f\n' |
    sort -n | tail -n 1 | cut -d ' ' -f 2)
size=$(stat -c %s "$checkpoints/$newest")
echo "$newest, $size bytes"

restore() {
    rm -rf "$checkpoints"
    cp -rp "$work/state/checkpoints" "$checkpoints"
    cp "$work/state/${log##*/}" "$log"
    rm -f "$model"
}

# flip_bit FILE BIT
flip_bit() {
    local byte
    byte=$(od -An -tu1 -j $(($2 / 8)) -N 1 "$1")
    printf '%b' "$(printf '\\x%02x' $((byte ^ 1 << $2 % 8)))" |
        dd of="$1" bs=1 seek=$(($2 / 8)) conv=notrunc status=none
}

# expect_previous WHAT: resumed from the one before
expect_previous() {
    timeout 60 "$tools/nnfs-train" --resume "$checkpoints" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    runs=$((runs + 1))
    if [ $status != 0 ] || [ "$(last_hash)" != "$expected" ]; then
        fault_failed "$1: exit status $status, weights_hash '$(last_hash)', not $expected"
    elif ! grep -q "^nnfs-train: .*$newest" "$work/err"; then
        fault_failed "$1: resumed without a warning that names it"
    fi
}

try_bit() {
    restore
    flip_bit "$checkpoints/$newest" "$1"
    expect_previous "bit $1 flipped"
}

try_cut() {
    restore
    truncate -s "$1" "$checkpoints/$newest"
    expect_previous "cut to $1 bytes"
}

if [ "$trials" = all ]; then
    for ((i = 0; i < 8 * size; i++)); do try_bit $i; done
    for ((i = 0; i < size; i++)); do try_cut $i; done
else
    for ((i = 0; i < trials / 2; i++)); do
        try_bit $(((RANDOM << 15 | RANDOM) % (8 * size)))
        try_cut $(((RANDOM << 15 | RANDOM) % size))
    done
    try_bit 0
    try_bit $((8 * size - 1))
    try_cut 0
    try_cut $((size - 1))
fi

restore
for file in "$checkpoints"/*; do
    flip_bit "$file" $(((RANDOM << 15 | RANDOM) % (8 * $(stat -c %s "$file"))))
done
timeout 60 "$tools/nnfs-train" --resume "$checkpoints" >"$work/out" 2>"$work/err" </dev/null
status=$?
runs=$((runs + 1))
if [ $status != 4 ] || ! [ -s "$work/err" ] || [ -f "$model" ]; then
    fault_failed "all of them damaged: exit status $status"
fi
finish "damaged checkpoints"
