#!/usr/bin/env bash
# A training is stopped by SIGINT or SIGTERM at random moments, and gone on with by the very command that it
# says, until it has been stopped SIGNALS times. Held when it ends with 128 + signal, has written a
# checkpoint, and each run that comes to its end has the weights and the epochs of an undisturbed one.
# A second signal ends it at once.
#
# Usage: signals.sh FOLDER_OF_THE_TOOLS SIGNALS; the seed is printed, and taken from SEED.
set -u
wanted=$2
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
seed=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
RANDOM=$seed
echo "seed $seed"
export PATH="$tools:$PATH"

checkpoints=$files/checkpoints
make_idx "$data" train 60 4 3
make_idx "$data" t10k 20 4 3
start=(nnfs-train -q -e 20000 -b 4 --hidden 8 --validation 0.2 -o "$model" --log "$log"
    --checkpoint "$checkpoints" --checkpoint-every 1000s "$data")

last_hash() {
    sed -n 's/.*"event":"end".*"weights_hash":"\([0-9a-f]*\)".*/\1/p' "$log" | tail -n 1
}

# What is in the log without that it was stopped and gone on with.
epochs() {
    grep '"event":"epoch"' "$log" | timeless -
}

before=${EPOCHREALTIME/./}
"${start[@]}" >"$work/out" 2>"$work/err" || { cat "$work/err" && exit 1; }
whole=$(((${EPOCHREALTIME/./} - before) / 1000))
expected=$(last_hash)
epochs >"$work/epochs"
mv "$model" "$work/new"
rm -rf "$checkpoints" "$log"
echo "undisturbed: $whole ms, weights_hash $expected"

# stop_soon SIGNAL COMMAND...: sets status
stop_soon() {
    local signal=$1 pause
    shift
    local had='' pid
    [ ! -f "$log" ] || had=$(wc -c <"$log")
    "$@" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    # It listens once it has written to its log, which may have been cut off first.
    while [ "$(wc -c 2>/dev/null <"$log")" = "$had" ] && kill -0 $pid 2>/dev/null; do
        sleep 0.002
    done
    sleep 0.1
    pause=$((RANDOM % (whole / 6 + 10)))
    sleep "$(printf '0.%03d' $((pause % 1000)))"
    kill -s "$signal" $pid 2>/dev/null
    wait $pid
    status=$?
    runs=$((runs + 1))
}

check_end() {
    [ "$(last_hash)" = "$expected" ] ||
        fault_failed "after $stops signals: weights_hash '$(last_hash)', not $expected"
    epochs | cmp -s - "$work/epochs" || fault_failed "after $stops signals: other epochs in the log"
    cmp -s "$model" "$work/new" || fault_failed "after $stops signals: another model"
    rm -rf "$checkpoints" "$log" "$model"
    command=("${start[@]}")
    ends=$((ends + 1))
}

stops=0
ends=0
command=("${start[@]}")
while [ $stops -lt "$wanted" ] && [ $runs -lt $((10 * wanted)) ]; do
    signal=INT
    number=130
    [ $((runs % 2)) = 0 ] || { signal=TERM && number=143; }
    stop_soon $signal "${command[@]}"
    if [ $status = 0 ]; then
        check_end
        continue
    fi
    stops=$((stops + 1))
    [ $status = $number ] || fault_failed "SIG$signal: exit status $status"
    grep -q "^nnfs-train: stopped by SIG$signal after" "$work/err" ||
        fault_failed "SIG$signal: it does not say what stopped it"
    read -r -a command < <(sed -n 's/^nnfs-train: go on with: //p' "$work/err")
    if [ ${#command[@]} != 3 ] || ! [ -f "$model" ]; then
        fault_failed "SIG$signal: no command to go on, or no model"
        rm -rf "$checkpoints" "$log" "$model"
        command=("${start[@]}")
    fi
done
"${command[@]}" >"$work/out" 2>"$work/err" || fault_failed "after the last signal: exit status $?"
check_end
echo "$stops signals, $ends runs came to their end"

# A second signal in the middle of a long step.
for signal in INT TERM; do
    rm -rf "$checkpoints" "$log" "$model"
    nnfs-train -e 1000 -b 2048 --hidden 3000,3000 -o "$model" --log "$log" \
        --checkpoint "$checkpoints" digits >"$work/out" 2>"$work/err" </dev/null &
    while ! grep -qs '"event":"start"' "$log" && kill -0 $! 2>/dev/null; do
        sleep 0.01
    done
    sleep 0.2
    kill -s $signal $!
    sleep 0.1
    kill -s $signal $! 2>/dev/null
    wait $!
    status=$?
    runs=$((runs + 1))
    [ $status = 130 ] || [ $status = 143 ] || fault_failed "two SIG$signal: exit status $status"
    grep -q 'a second signal ends it at once' "$work/err" || fault_failed "two SIG$signal: not said"
    ! grep -q 'go on with' "$work/err" || fault_failed "two SIG$signal: it did not end at once"
    [ ! -f "$model" ] || fault_failed "two SIG$signal: a model was saved"
done
finish "runs, stopped by a signal or two"
