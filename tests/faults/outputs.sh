#!/usr/bin/env bash
# What the tools draw, pages and pictures, meets the largest size of a file (RLIMIT_FSIZE), a disk that is
# full (a small tmpfs, where one may be mounted) or a folder that nothing may be written in. Held when the
# tool says so with status 1, naming the file; when what stands there is the old one or the new one, whole;
# and when nothing else is left beside it.
#
# Usage: outputs.sh FOLDER_OF_THE_TOOLS size|full SHIM; exit status 77 means skipped.
set -u

# shellcheck source=own_mounts.sh
[ "$2" = full ] && . "$(dirname "$0")/own_mounts.sh"

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
data=$work/data
make_idx "$data" train 60 8 3
make_idx "$data" t10k 40 8 3

# Each output by the name of its file, and the command that makes it, with the file as its last word.
declare -A commands=(
    [trained.html]="nnfs-train -q -t 1 -e 2 --hidden 5 -o none $data --report"
    [report.html]="nnfs-report $work/run.jsonl -o"
    [samples.png]="nnfs-show -q -t 1 $data $work/model --picture 4x2 --count 40 -o"
    [samples.svg]="nnfs-show -q -t 1 $data $work/model --picture 4x2 --count 40 -o"
    [weights.png]="nnfs-show -q -t 1 $work/model --picture 4x2 --weights -o"
    [plot.svg]="nnfs-tune -q -t 1 $data --hidden 5 --lr 0.1,0.01 -e 20 --log $work/tune.jsonl --plot"
)

# make NAME PREFIX...: sets status. What is said goes through a pipe, which has no size.
make() {
    local words
    read -r -a words <<<"${commands[$1]}"
    timeout 20 "${@:2}" "$tools/${words[0]}" "${words[@]:1}" "$files/$1" 2>&1 >/dev/null </dev/null |
        cat >"$work/err"
    status=${PIPESTATUS[0]}
}

# The whole outputs; a page of a training tells of times, which are never the same again.
prepare() {
    "$tools/nnfs-train" -q -t 1 -e 2 --hidden 5 -o "$work/model" --log "$work/run.jsonl" "$data" || exit 1
    mkdir "$work/whole"
    for name in "${!commands[@]}"; do
        make "$name" env
        [ "$status" = 0 ] || { cat "$work/err" && exit 1; }
        mv "$files/$name" "$work/whole"
    done
    [ -z "$(ls -A "$files")" ] || { ls -A "$files" && exit 1; }
}

is_whole() {
    case $1 in
    trained.html)
        local least
        least=$(($(stat -c %s "$work/whole/$1") * 9 / 10))
        [ "$(stat -c %s "$files/$1")" -gt $least ] && [ "$(tail -n 1 "$files/$1")" = '</body></html>' ]
        ;;
    *) cmp -s "$files/$1" "$work/whole/$1" ;;
    esac
}

# check NAME WHAT
check() {
    local what="$1, $2" left
    runs=$((runs + 1))
    if [ "$status" = 0 ]; then
        is_whole "$1" || fault_failed "$what: exit status 0, and yet it is not whole"
        [ ! -s "$work/err" ] || fault_failed "$what: exit status 0, and yet a message"
    else
        refused=$((refused + 1))
        [ "$status" = 1 ] || fault_failed "$what: exit status $status"
        if [ "$(wc -l <"$work/err")" != 1 ] || ! grep -qE "^nnfs-[a-z]+: .*$1" "$work/err"; then
            fault_failed "$what: status 1, and not one line that names it"
        fi
        [ "$(cat "$files/$1")" = old ] || fault_failed "$what: what stood there before is lost"
    fi
    left=$(find "$files" -mindepth 1 ! -name "$1")
    [ -z "$left" ] || fault_failed "$what: $left is left"
}

largest_size() {
    needs_size_limits
    local name size limit
    for name in "${!commands[@]}"; do
        size=$(stat -c %s "$work/whole/$name")
        refused=0
        for ((limit = 0; limit < size + size / 3; limit += size / 9 + 1)); do
            echo old >"$files/$name"
            make "$name" prlimit --fsize=$limit
            check "$name" "files of at most $limit bytes"
        done
        [ "$status" = 0 ] || fault_failed "$name, files of at most $limit bytes: no success"
        [ $refused -ge 8 ] || fault_failed "$name: only $refused limits were too small"
        rm -f "$files/$name"
    done
}

# on_disk NAME OPTIONS: with the old output on it, and not much room besides
on_disk() {
    mount -t tmpfs -o "$2" none "$files" || exit 1
    if echo old 2>/dev/null >"$files/$1"; then
        make "$1" env
        check "$1" "a disk with $2"
    fi
    umount "$files"
}

full_disk() {
    local name page size
    page=$(getconf PAGESIZE)
    for name in "${!commands[@]}"; do
        size=$(stat -c %s "$work/whole/$name")
        refused=0
        for ((pages = 1; pages <= size / page + 1; pages += size / page / 5 + 1)); do
            on_disk "$name" "size=$((pages * page))"
        done
        on_disk "$name" nr_inodes=2
        [ $refused -ge 2 ] || fault_failed "$name: only $refused disks were full"
        on_disk "$name" "size=$((size + 9 * page))"
        [ "$status" = 0 ] || fault_failed "$name, a disk with room: no success"
    done
}

# Root writes where it likes, but not on a disk that is read alone.
read_only() {
    local name
    for name in "${!commands[@]}"; do
        mount -t tmpfs none "$files" && echo old >"$files/$name" &&
            mount -o remount,ro "$files" || exit 1
        make "$name" env
        [ "$status" = 1 ] || fault_failed "$name on a disk to be read alone: exit status $status"
        check "$name" "a disk to be read alone"
        umount "$files"
    done
}

prepare
case $2 in
size) largest_size ;;
mounted)
    full_disk
    read_only
    ;;
esac
finish "outputs without room"
