#!/usr/bin/env bash
# The k-th call fails, for every k, in a training that writes a model and a log, and in an evaluation.
# Held when the tool then ends with status 1 and one sentence, or with the very bytes of an undisturbed
# run; when the model at the target is the old or the new one, whole; and nothing else is left.
# A training that writes checkpoints goes on without one that cannot be written, says so, says so in its
# status if that was the last one, and can be resumed from what is left; so can one that fails to resume.
#
# Usage: calls.sh FOLDER_OF_THE_TOOLS SHIM files|checkpoints|resume|memory [STRIDE]; 77 means skipped.
# With a STRIDE of N only the first call and then every N-th fails, beginning at another one for each kind
# of failure.
set -u
stride=${4:-1}
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
shim=$(preloadable "$2")
prepare_training
cp "$work/new" "$files/ready"

# A write, a sync or a rename that failed can be no success, also where the bytes look right.
must_tell() {
    case $1 in
    *:EINTR* | *:short*) return 1 ;;
    write:* | fsync:* | rename:*) return 0 ;;
    close:*) [ "${hit#* }" = "$log" ] ;;
    *) return 1 ;;
    esac
}

train_once() {
    cp "$work/old" "$model"
    rm -f "$log"
    with_fault "$1" "${training[@]}"
    check_training "nnfs-train, $1 ($hit)"
    [ "${hit%% *}" = unlink ] && rm -f "$files"/.*.tmp.* # it could not
    check_folder "nnfs-train, $1 ($hit)"
    if [ "$status" = 0 ] && [ -n "$hit" ] && must_tell "$1"; then
        fault_failed "nnfs-train, $1 ($hit): exit status 0"
    fi
}

evaluation=("$tools/nnfs-eval" -q -t 1)
eval_once() {
    with_fault "$1" "${evaluation[@]}" "$files/ready" "$files/data"
    if [ "$status" = 0 ]; then
        timeless "$work/out" | cmp -s - "$work/evaluated" ||
            fault_failed "nnfs-eval, $1 ($hit): exit status 0, and yet another result"
    else
        check_refusal "nnfs-eval, $1 ($hit)"
    fi
}

# Predictions go to a file, whole or not at all.
predicted=$files/predicted.csv
predict_once() {
    echo old >"$predicted"
    with_fault "$1" "$tools/nnfs-predict" -q -t 1 -o "$predicted" "$files/ready" "$files/data"
    if [ "$status" = 0 ]; then
        cmp -s "$predicted" "$work/predicted" ||
            fault_failed "nnfs-predict, $1 ($hit): exit status 0, and yet other predictions"
        [ -z "$hit" ] || ! must_tell "$1" || fault_failed "nnfs-predict, $1 ($hit): exit status 0"
    else
        check_refusal "nnfs-predict, $1 ($hit)"
        cmp -s "$predicted" "$work/predicted" || [ "$(cat "$predicted")" = old ] ||
            fault_failed "nnfs-predict, $1 ($hit): what stood there before is lost"
    fi
    [ "${hit%% *}" = unlink ] && rm -f "$files"/.*.tmp.* # it could not
    check_folder "nnfs-predict, $1 ($hit)"
}

# every_call TEST KIND ACTION...: TEST with each action at the first call of the kind, at the next, ...
# until a run ends without such a call.
offset=0
every_call() {
    local once=$1 kind=$2 action k failed
    shift 2
    for action in "$@"; do
        offset=$((offset % stride + 1))
        failed=0
        for ((k = 1; k < 3000; k += k == 1 ? offset : stride)); do
            $once "$kind:$k:$action"
            [ -n "$hit" ] || break
            failed=$((failed + 1))
        done
        echo "  $once $kind $action: $failed calls"
        [ $failed -gt 0 ] || fault_failed "$once $kind $action: no such call"
    done
}

with_fault any:1000000:EIO "${training[@]}"
[ "$status" = 0 ] || skip "nothing runs with the shim here: $(head -n 1 "$work/err")"
with_fault any:1:EIO "${training[@]}"
[ -n "$hit" ] || skip "the shim sees no calls here"

evaluate_all() {
    timeless <("${evaluation[@]}" "$files/ready" "$files/data") >"$work/evaluated" || exit 1
    "$@"
}

eval_files() {
    every_call eval_once read EIO EINTR short short:always
    every_call eval_once open EACCES EMFILE:always
    every_call eval_once close EIO
    every_call eval_once stat EACCES EIO:always
}

predict_files() {
    every_call predict_once write EIO ENOSPC EINTR short short:always
    every_call predict_once fsync EIO
    every_call predict_once rename EIO
    every_call predict_once close EIO
    every_call predict_once open EACCES
    every_call predict_once read EIO short
}

train_files() {
    every_call train_once write EIO ENOSPC EINTR short ENOSPC:always short:always
    every_call train_once fsync EIO EINTR EIO:always
    every_call train_once rename EIO EINTR
    every_call train_once close EIO EIO:always
    every_call train_once unlink EACCES
    every_call train_once open EACCES EMFILE:always
    every_call train_once read EIO EINTR short short:always
    every_call train_once stat EACCES EIO:always
}

# ---- Checkpoints ----

checkpoints=$files/checkpoints
saving=("${training[@]}" --checkpoint "$checkpoints" --checkpoint-every 2steps)

newest() {
    find "$checkpoints" -name 'checkpoint-*' 2>/dev/null | sort | tail -n 1
}

# epochs_of LOG
epochs_of() {
    grep '"event":"epoch"' "$1" | timeless -
}

# Each message is one of the tool's, and a status other than 0 and 1 means that it crashed.
check_messages() {
    [ "$status" -le 1 ] || fault_failed "$1: exit status $status"
    [ "$status" = 0 ] || [ -s "$work/err" ] || fault_failed "$1: status 1 without a message"
    ! grep -qv '^nnfs-train: .' "$work/err" || fault_failed "$1: a message of somebody else's"
}

# What is left can be resumed, without a fault, and comes to the same.
check_resumable() {
    [ -n "$(newest)" ] || return
    status=0
    timeout 20 "$tools/nnfs-train" --resume "$checkpoints" >"$work/out" 2>"$work/err" </dev/null ||
        status=$?
    if [ "$status" != 0 ] || ! cmp -s "$model" "$work/new"; then
        fault_failed "$1: resumed, exit status $status, another model"
    fi
}

check_epochs() {
    epochs_of "$log" | cmp -s - "$work/epochs" || fault_failed "$1: other epochs in the log"
}

# run_once FAULT COMMAND...: a run with checkpoints, and what holds of each; its caller has begun `what`.
run_once() {
    with_fault "$@"
    what+=" ($hit)"
    check_messages "$what"
    [ "${hit%% *}" = unlink ] && rm -f "$checkpoints"/.*.tmp.* "$files"/.*.tmp.* # it could not
    check_folder "$what"
    if [ "$status" = 0 ]; then
        cmp -s "$model" "$work/new" || fault_failed "$what: exit status 0, and another model"
        check_epochs "$what"
    fi
}

save_once() {
    local what="$1, checkpoints"
    rm -rf "$checkpoints" "$log"
    cp "$work/old" "$model"
    run_once "$1" "${saving[@]}"
    if [ "$status" = 0 ]; then
        [[ $(newest) == */checkpoint-000002-* ]] || fault_failed "$what: status 0, no last checkpoint"
    fi
    if [[ $hit == *checkpoint-* ]] && must_tell "$1" && ! [ -s "$work/err" ]; then
        fault_failed "$what: not a word of it"
    fi
    # A checkpoint that cannot be written is not the end of the run.
    if [[ $hit == *checkpoint-* && $1 != *:always ]] && ! cmp -s "$model" "$work/new"; then
        fault_failed "$what: the run did not go on"
    fi
    lost=$(grep -c "the run log .* could not be written whole" "$work/err")
    check_resumable "$what"
    [[ $1 == *:always || -z $(newest) || $hit == *"$log" || $lost != 0 ]] || check_epochs "$what, resumed"
}

resume_once() {
    local what="$1, resuming"
    rm -rf "$checkpoints"
    cp -r "$work/state" "$checkpoints"
    cp "$work/state.jsonl" "$log"
    cp "$work/old" "$model"
    run_once "$1" "$tools/nnfs-train" -t 1 --resume "$checkpoints"
    lost=$(grep -c "the run log .* could not be written whole" "$work/err")
    check_resumable "$what"
    [[ $1 == *:always || $hit == *"$log" || $lost != 0 ]] || check_epochs "$what, resumed again"
}

checkpoint_files() {
    local once=$1
    every_call "$once" write EIO ENOSPC EINTR short ENOSPC:always short:always
    every_call "$once" fsync EIO EINTR EIO:always
    every_call "$once" rename EIO EINTR EIO:always
    every_call "$once" link EIO EACCES:always
    every_call "$once" close EIO EIO:always
    every_call "$once" unlink EACCES EACCES:always
    every_call "$once" list EIO EACCES:always
    every_call "$once" open EACCES EMFILE:always
    every_call "$once" read EIO EINTR short EIO:always short:always
    every_call "$once" stat EACCES EIO:always
}

prepare_checkpoints() {
    epochs_of "$work/reference.jsonl" >"$work/epochs"
    { with_fault rename:4:kill-after "${saving[@]}"; } 2>/dev/null
    [ "$status" = 137 ] || { echo "it was not killed" && exit 1; }
    mv "$checkpoints" "$work/state"
    cp "$log" "$work/state.jsonl"
    printf '{"event":"epoch","epoch":77,' >>"$work/state.jsonl" # behind the checkpoint
}

case $3 in
checkpoints)
    prepare_checkpoints
    checkpoint_files save_once
    every_call save_once mkdir EACCES
    ;;
resume)
    prepare_checkpoints
    checkpoint_files resume_once
    every_call resume_once truncate EIO
    ;;
files)
    train_files
    evaluate_all eval_files
    "$tools/nnfs-predict" -q -t 1 -o "$work/predicted" "$files/ready" "$files/data" || exit 1
    predict_files
    ;;
memory)
    every_call train_once alloc ENOMEM ENOMEM:always
    prepare_checkpoints
    every_call save_once alloc ENOMEM
    every_call resume_once alloc ENOMEM ENOMEM:always
    "$tools/nnfs-predict" -q -t 1 -o "$work/predicted" "$files/ready" "$files/data" || exit 1
    every_call predict_once alloc ENOMEM ENOMEM:always
    evaluate_all every_call eval_once alloc ENOMEM ENOMEM:always
    evaluation+=(--json)
    evaluate_all every_call eval_once alloc ENOMEM ENOMEM:always
    ;;
esac
finish "runs with a failing call"
