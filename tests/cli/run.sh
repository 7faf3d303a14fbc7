#!/usr/bin/env bash
# Runs a case of tests/cli/cases and compares what the tools said, line by line, with what stands in
# CASE.expected: every command, its output, its messages behind "2> ", its exit status behind "=> ".
#
# Usage: run.sh FOLDER_OF_THE_TOOLS CASE.sh
# With UPDATE=1 in the environment the expected lines are written instead: read the difference.
set -u
unset NNFS_DATA XDG_DATA_HOME NO_COLOR POSIXLY_CORRECT ARGP_HELP_FMT
unset OPENBLAS_CORETYPE OMP_NUM_THREADS
export LC_ALL=C TERM=dumb

tools=$(realpath "$1")
script=$(realpath "$2")
expected=${script%.sh}.expected
tests=$(realpath "$(dirname "$0")/..")
fixtures=$tests/data # for the cases
export fixtures
# shellcheck source=tests/work_folder.sh
. "$tests/work_folder.sh"
export PATH="$tools:$tools/tests/cli:$PATH" HOME="$work/home"
mkdir "$work/home" "$work/here"
cd "$work/here" || exit 1

# What differs from run to run and from machine to machine: rates, times, losses, shares, hashes.
mask() {
    sed -E -e '/^nnfs-[a-z]+: (advice: |[0-9]+ threads on [0-9]+ cores?: )/d' \
        -e "s#$work#WORK#g" \
        -e 's#[0-9][0-9,]* samples/s#S samples/s#' \
        -e 's#[0-9.]+ GFLOP/s#G GFLOP/s#' \
        -e 's# in [0-9.]+ m?s$# in T#' \
        -e 's#(loss) +([0-9][0-9.e+-]*|not finite)#\1 L#g' \
        -e 's#(macro F1|ROC AUC|AP|RMSE|MAE|R2) +-?[0-9][0-9.,e+-]*[0-9]#\1 N#g' \
        -e 's#\+- [0-9][0-9.,e+-]*[0-9]( %)?#+- S#g' \
        -e 's#(accuracy|test|validation) +[0-9.]+ %#\1 A#g' \
        -e '/^top +2: / s#[0-9.]+ %#T#g; s#^(ECE) +[0-9.]+ %#\1 O#' \
        -e 's#^(threshold) [0-9.e-]+ (for the best F1 of .*), [0-9.]+ on#\1 T \2, F on#' \
        -e 's#^(best F1|cost) .* --threshold .*#\1 at --threshold T#' \
        -e 's#\([0-9,]+ right, [0-9,]+ wrong\)#(R right, W wrong)#' \
        -e 's#\b[0-9a-f]{16}\b#HASH#g' \
        -e 's#^(machine.advice) .*#\1 A#' \
        -e '/^profile +/ s#[0-9.]+ (GFLOP/s|GB/s|MB)#N \1#g; /^advice +/d' \
        -e 's#^( *[0-9]+  [a-z]+) +[0-9.]+ % +[0-9.]+ +[0-9.]+ %  [a-z]+$#\1 P G P B#' \
        -e 's#^( +(gather|elementwise|optimizer|waiting)) +[0-9.]+ %$#\1 P#'
}

# Ends the case where the machine lacks what it needs; Meson counts it as skipped.
skip() {
    echo "skipped: $*" >&2
    exit 77
}

# Runs a command and shows it, its two outputs and its exit status.
run() {
    echo "\$ $*"
    "$@" >"$work/out" 2>"$work/err" </dev/null
    local status=$?
    mask <"$work/out"
    mask <"$work/err" | sed 's/^/2> /'
    echo "=> $status"
}

# nnfs-eval without its details, which differ from machine to machine where the network was trained.
brief() {
    (set -o pipefail && nnfs-eval "$@" | sed '/^$/,$d')
}

# shellcheck source=/dev/null
. "$tests/make_idx.sh"

# A dataset of 60 and 20 samples, 4 features, 3 classes; and one of 24 samples that are yes or no.
make_small() {
    make_idx small train 60 4 3
    make_idx small t10k 20 4 3
    make_idx yes-no train 24 4 2
}

# shellcheck source=/dev/null
. "$script" >"$work/transcript"

if [ "${UPDATE:-}" = 1 ]; then
    cp "$work/transcript" "$expected"
fi
diff -u "$expected" "$work/transcript"
