#!/usr/bin/env bash
# A training whose model and log meet the largest size of a file (RLIMIT_FSIZE), or a disk that is full (a
# small tmpfs, where one may be mounted), at many places. Held when the tool says so with status 1, the
# model at the target is the old or the new one, whole, and no temporary file is left.
#
# Usage: disk.sh FOLDER_OF_THE_TOOLS size|full; exit status 77 means skipped.
set -u

# In a mount namespace of its own, which root may have, and others where the system lets them.
if [ "$2" = full ]; then
    for options in -m -rm; do
        if unshare $options mount -t tmpfs none /mnt 2>/dev/null; then
            exec unshare $options "$0" "$1" mounted
        fi
    done
    echo "skipped: no tmpfs can be mounted here"
    exit 77
fi

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
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
    command -v prlimit >/dev/null || skip "no prlimit"
    prepare_training
    local most limit
    most=$(stat -c %s "$work/new" "$log" | sort -n | tail -n 1)
    for ((limit = 0; limit < most + 40; limit += 37)); do
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
    for ((pages = 1, status = 1; pages < 40; pages++)); do
        on_disk "size=$((pages * page))"
    done
    [ "$status" = 0 ] || fault_failed "a disk of $pages pages: no success"
    for ((nodes = 2; nodes < 8; nodes++)); do
        on_disk "nr_inodes=$nodes"
    done
    [ "$status" = 0 ] || fault_failed "a disk of $nodes files: no success"
    [ $fulls -ge 8 ] || fault_failed "only $fulls disks were full"
    echo "$fulls disks were full"
    finish "runs on a small disk"
}

case $2 in
size) largest_size ;;
mounted) full_disk ;;
esac
