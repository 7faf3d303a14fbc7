#!/usr/bin/env bash
# A training that writes checkpoints is killed (SIGKILL) and resumed until it has been killed KILLS
# times: at random moments, and every other time inside the writing of a checkpoint, at a random call.
# Held when each state that is left can be resumed, and every run that comes to its end has the weights,
# the epochs in its log and the model of the undisturbed run.
#
# Usage: kill.sh FOLDER_OF_THE_TOOLS KILLS [SHIM]; the seed is printed, and taken from SEED.
set -u
kills_wanted=$2
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
shim=$(preloadable "${3:-$1/tests/faults/libfaults.so}")
seed=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
RANDOM=$seed
echo "seed $seed"

checkpoints=$files/checkpoints
make_idx "$data" train 60 4 3
make_idx "$data" t10k 20 4 3
start=("$tools/nnfs-train" -q -e 60 -b 4 --hidden 8 --validation 0.2 -o "$model" --log "$log"
    --checkpoint "$checkpoints" --checkpoint-every 10steps "$data")
resume=("$tools/nnfs-train" --resume "$checkpoints")

last_hash() {
    sed -n 's/.*"event":"end".*"weights_hash":"\([0-9a-f]*\)".*/\1/p' "$log"
}

epochs() {
    grep '"event":"epoch"' "$log" | timeless -
}

milliseconds() {
    local now=${EPOCHREALTIME/./}
    echo $((now / 1000))
}

# The undisturbed run.
before=$(milliseconds)
timeout 120 "${start[@]}" >"$work/out" 2>"$work/err" || { cat "$work/err" && exit 1; }
whole=$(($(milliseconds) - before))
expected=$(last_hash)
epochs >"$work/epochs"
mv "$model" "$work/new"
[ -n "$expected" ] || { echo "the log has no weights_hash" && exit 1; }
echo "undisturbed: $whole ms, $(wc -l <"$work/epochs") epochs, weights_hash $expected"

# killed_at_moment COMMAND...
killed_at_moment() {
    local pause=$((RANDOM % (whole / 2 + 20)))
    what="after $pause ms"
    timeout -s KILL "$(printf '%d.%03d' $((pause / 1000)) $((pause % 1000 + 1)))" "$@" \
        >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# killed_at_call COMMAND...: in a write, before or behind any other call for a checkpoint
killed_at_call() {
    local kinds=(write write fsync rename open close any any any) ways=(kill kill kill-after)
    local kind=${kinds[RANDOM % ${#kinds[@]}]} way=${ways[RANDOM % ${#ways[@]}]}
    what="$kind:$((RANDOM % (RANDOM % 120 + 1) + 1)):$way"
    NNFS_FAULT_REPORT=$work/report timeout 120 env LD_PRELOAD="$shim" NNFS_FAULT="$what" \
        NNFS_FAULT_FILES="$checkpoints" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# Whether there is anything to resume: a killed run may not have come to its first checkpoint.
has_checkpoint() {
    [ -n "$(find "$checkpoints" -type f ! -name '.*' 2>/dev/null | head -n 1)" ]
}

check_end() {
    [ "$(last_hash)" = "$expected" ] ||
        fault_failed "after $kills kills: weights_hash '$(last_hash)', not $expected"
    epochs | cmp -s - "$work/epochs" || fault_failed "after $kills kills: other epochs in the log"
    cmp -s "$model" "$work/new" || fault_failed "after $kills kills: another model"
    temporary=$((temporary + $(find "$files" -name '.*.tmp.*' | wc -l)))
    rm -rf "$checkpoints" "$model" "$log"
}

kills=0
aimed=0
ends=0
resumed=0
temporary=0
warnings=0
rm -rf "$checkpoints" "$log"
while [ $kills -lt "$kills_wanted" ]; do
    command=("${start[@]}")
    if has_checkpoint; then
        command=("${resume[@]}")
        resumed=$((resumed + 1))
    fi
    export OMP_NUM_THREADS=$((RANDOM % 2 + 1))
    way=killed_at_moment
    [ $((runs % 2)) = 0 ] || way=killed_at_call
    { $way "${command[@]}"; } 2>/dev/null # without what the shell says of it
    runs=$((runs + 1))
    warnings=$((warnings + $(grep -c '^nnfs' "$work/err")))
    case $status in
    137)
        kills=$((kills + 1))
        # An empty file that clang's OpenMP leaves ends the next process of the same number.
        find /dev/shm -maxdepth 1 -name '__KMP_REGISTERED_LIB_*' -size 0 -delete 2>/dev/null
        [ $way = killed_at_moment ] || aimed=$((aimed + 1))
        ;;
    0)
        ends=$((ends + 1))
        check_end
        ;;
    *)
        fault_failed "$what, after $kills kills: ${command[*]##*/}: exit status $status"
        cp -r "$checkpoints" "$work/unloadable-$runs" 2>/dev/null
        rm -rf "$checkpoints" "$log"
        ;;
    esac
done
# And to the end.
has_checkpoint && start=("${resume[@]}")
if timeout 120 "${start[@]}" >"$work/out" 2>"$work/err"; then
    ends=$((ends + 1))
    check_end
else
    fault_failed "after the last kill: exit status $?"
fi
echo "$kills kills, $aimed of them in checkpoint writes; resumed $resumed times, $ends runs came to" \
    "their end; $warnings messages, $temporary temporary files left"
[ $((aimed * 4)) -ge "$kills_wanted" ] || fault_failed "too few kills were inside checkpoint writes"
finish "runs"
