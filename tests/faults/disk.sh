#!/usr/bin/env bash
# A training whose model and log meet the largest size of a file (RLIMIT_FSIZE), or a disk that is full (a
# small tmpfs, where one may be mounted), at many places. Held when the tool says so with status 1, the
# model at the target is the old or the new one, whole, and no temporary file is left. The same of a run
# that is resumed and whose checkpoints meet them: it goes on to its end, and the one before still loads.
#
# Usage: disk.sh FOLDER_OF_THE_TOOLS size|checkpoints|full SHIM [STRIDE]; exit status 77 means skipped.
# With a STRIDE of N at every N-th of these places.
set -u

# shellcheck source=own_mounts.sh
[ "$2" = full ] && . "$(dirname "$0")/own_mounts.sh"

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
shim=$(preloadable "$3")
stride=${4:-1}
data=$work/data

# within LIMIT COMMAND...: sets status. What is said goes through a pipe, which has no size.
within() {
    local limit=$1
    shift
    timeout 20 prlimit --fsize="$limit" "$@" 2>&1 >/dev/null </dev/null | cat >"$work/err"
    status=${PIPESTATUS[0]}
    runs=$((runs + 1))
}

largest_size() {
    needs_size_limits
    prepare_training
    local most limit
    most=$(stat -c %s "$work/new" "$log" | sort -n | tail -n 1)
    for ((limit = 0; limit < most + 40 * stride; limit += 37 * stride)); do
        cp "$work/old" "$model"
        rm -f "$log"
        within $limit "${training[@]}"
        check_training "files of at most $limit bytes:always"
        check_folder "files of at most $limit bytes"
    done
    [ "$status" = 0 ] || fault_failed "files of at most $limit bytes: no success"
    finish "runs with a largest size"
}

# A disk with the old model on it, and not much room besides.
on_disk() {
    mount -t tmpfs -o "$1" none "$files" || exit 1
    if cp "$work/old" "$model" 2>/dev/null; then
        within unlimited "${training[@]}"
        check_training "a disk with $1:always"
        check_folder "a disk with $1"
        fulls=$((fulls + (status != 0)))
    fi
    umount "$files"
}

full_disk() {
    prepare_training 600 # a model of some pages
    local page pages nodes fulls=0
    page=$(getconf PAGESIZE)
    for ((pages = 1, status = 1; pages < 40; pages += stride)); do
        on_disk "size=$((pages * page))"
    done
    [ "$status" = 0 ] || fault_failed "a disk of $pages pages: no success"
    for ((nodes = 2; nodes < 8; nodes++)); do
        on_disk "nr_inodes=$nodes"
    done
    [ "$status" = 0 ] || fault_failed "a disk of $nodes files: no success"
    [ $fulls -ge $((8 / stride)) ] || fault_failed "only $fulls disks were full"
    echo "$fulls disks were full"
    finish "runs on a small disk"
}

# ---- Checkpoints ----

checkpoints=$files/checkpoints
weights_of() {
    sed -n 's/^weights *//p' "$1"
}

# A run without a model or a log, killed behind its third checkpoint; and what it comes to otherwise.
# prepare_checkpoints HIDDEN
prepare_checkpoints() {
    make_idx "$data" train 24 4 3
    saving=("$tools/nnfs-train" -t 1 -e 3 -b 8 --hidden "$1" -o none --checkpoint "$checkpoints"
        --checkpoint-every 2steps "$data")
    "${saving[@]}" >"$work/out" 2>"$work/err" || { cat "$work/err" && exit 1; }
    expected=$(weights_of "$work/out")
    size=$(find "$checkpoints" -name 'checkpoint-000003*' -printf %s)
    rm -rf "$checkpoints"
    { with_fault rename:4:kill-after "${saving[@]}"; } 2>/dev/null
    if [ "$status" != 137 ] || [ -z "$expected" ]; then
        echo "it was not killed" && exit 1
    fi
    mv "$checkpoints" "$work/state"
}

# resume_within LIMIT WHAT: with room for some of it
resume_within() {
    local what=$2
    # what is said, without files of its own
    said=$(timeout 20 prlimit --fsize="$1" "$tools/nnfs-train" -t 1 --resume "$checkpoints" \
        2>&1 </dev/null)
    status=$?
    echo "$said" >"$work/err"
    runs=$((runs + 1))
    [ $status -le 1 ] || fault_failed "$what: exit status $status"
    [ "$(weights_of "$work/err")" = "$expected" ] || fault_failed "$what: the run did not go on"
    check_folder "$what"
    if [ $status = 1 ]; then
        refused=$((refused + 1))
        for said in 'no checkpoint: ' 'the last checkpoint could not be written'; do
            grep -q "^nnfs-train: $said" "$work/err" ||
                fault_failed "$what: status 1, and not a word of it"
        done
    elif ! ls "$checkpoints"/checkpoint-000003-* >/dev/null 2>&1; then
        fault_failed "$what: exit status 0 without the last checkpoint"
    fi
    # Each checkpoint that is left loads by itself, and comes to the same.
    for file in "$checkpoints"/*; do
        "$tools/nnfs-eval" -q -t 1 "$file" "$data" >"$work/out" 2>"$work/err" ||
            fault_failed "$what: ${file##*/} does not load"
    done
    mkdir -p "$work/after" && cp "$checkpoints"/* "$work/after"
    "$tools/nnfs-train" -t 1 --resume "$work/after" >"$work/out" 2>"$work/err" </dev/null ||
        fault_failed "$what: cannot be resumed"
    [ "$(weights_of "$work/out")" = "$expected" ] || fault_failed "$what: resumed to other weights"
    rm -rf "$work/after"
}

checkpoints_of_a_size() {
    needs_size_limits
    prepare_checkpoints 5
    local limit refused=0
    for ((limit = 0; limit < size + 400 * stride; limit += 61 * stride)); do
        rm -rf "$checkpoints" && cp -r "$work/state" "$checkpoints"
        resume_within $limit "checkpoints of at most $limit bytes"
    done
    [ "$status" = 0 ] || fault_failed "checkpoints of at most $limit bytes: no success"
    [ $refused -ge $((20 / stride)) ] || fault_failed "only $refused runs had no room"
    echo "checkpoints cut at $refused places"
    finish "runs with a largest size of a checkpoint"
}

# A disk that the checkpoints so far fit on, and not much besides.
checkpoints_on_disk() {
    mkdir -p "$checkpoints" && mount -t tmpfs -o "$1" none "$checkpoints" || exit 1
    if cp "$work"/state/* "$checkpoints" 2>/dev/null; then
        resume_within unlimited "checkpoints on a disk with $1"
    fi
    umount "$checkpoints"
}

checkpoints_on_full_disk() {
    prepare_checkpoints 600
    local page pages nodes refused=0 first
    page=$(getconf PAGESIZE)
    first=$((3 * size / page))
    for ((pages = first; pages < first + 70; pages += stride)); do
        checkpoints_on_disk "size=$((pages * page))"
    done
    [ "$status" = 0 ] || fault_failed "checkpoints on a disk of $pages pages: no success"
    for ((nodes = 4; nodes < 12; nodes++)); do
        checkpoints_on_disk "nr_inodes=$nodes"
    done
    [ "$status" = 0 ] || fault_failed "checkpoints on a disk of $nodes files: no success"
    [ $refused -ge $((8 / stride)) ] || fault_failed "only $refused disks were full"
    echo "$refused disks were full of checkpoints"
}

case $2 in
size) largest_size ;;
checkpoints) checkpoints_of_a_size ;;
mounted)
    checkpoints_on_full_disk
    rm -rf "$files" && mkdir "$files"
    full_disk
    ;;
esac
