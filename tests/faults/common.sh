# What the scripts of this folder share: a small dataset, runs of a tool with a fault, what must hold.
# Sourced with the folder of the tools in $1; $shim may hold the module to preload.
# shellcheck shell=bash disable=SC2034,SC2154
unset NNFS_DATA XDG_DATA_HOME NO_COLOR POSIXLY_CORRECT ARGP_HELP_FMT NNFS_FAULT
export LC_ALL=C TERM=dumb OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# AddressSanitizer wants to be the first library; here the shim is.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"

tools=$(realpath "$1")
# shellcheck source=tests/work_folder.sh
. "$(dirname "$0")/../work_folder.sh"
files=$work/files # under test
mkdir "$files"
failures=0
runs=0

skip() {
    echo "skipped: $*"
    exit 77
}

needs_size_limits() {
    command -v prlimit >/dev/null || skip "no prlimit"
    ! ldd "$tools/nnfs-train" | grep -q libomp ||
        skip "libomp writes a file in /dev/shm before main: the limit ends it there"
}

fault_failed() {
    echo "FAILED: $*"
    sed 's/^/    2> /' "$work/err"
    failures=$((failures + 1))
    [ $failures -lt 20 ] || { echo "and so on" && exit 1; }
}

finish() {
    echo "$runs $1: $((runs - failures)) held, $failures did not"
    exit $((failures > 0))
}

# shellcheck source=/dev/null
. "$(dirname "$0")/../make_idx.sh"

# A log, or what eval says, without times and without the machine, which is described as far as it goes.
timeless() {
    sed -E 's/"(seconds|samples_per_second|gflops)":[-+0-9.e]+/"\1":T/g; s/"run":"[0-9a-f]*",//; s/"machine":\{[^}]*\}//' "$1"
}

# The training under test, and what it must come to: model new, log reference.jsonl. What stands at its
# target before is old.
model=$files/model.safetensors
log=$files/run.jsonl
data=$files/data
prepare_training() {
    make_idx "$data" train 24 4 3
    make_idx "$data" t10k 9 4 3
    training=("$tools/nnfs-train" -q -t 1 -e 2 -b 8 --hidden "${1:-5}" -o "$model" --log "$log"
        "$data")
    "${training[@]}" -s 2 && mv "$model" "$work/old" &&
        "${training[@]}" -s 1 && mv "$model" "$work/new" &&
        timeless "$log" >"$work/reference.jsonl" || exit 1
    cmp -s "$work/old" "$work/new" && echo "both models are the same" && exit 1
    training+=(-s 1)
}

# with_fault FAULT COMMAND...: sets status, and hit: the kind and path of the first call that failed.
with_fault() {
    local fault=$1
    shift
    rm -f "$work/report"
    timeout 20 env LD_PRELOAD="$shim" NNFS_FAULT="$fault" NNFS_FAULT_FILES="$files" \
        NNFS_FAULT_REPORT="$work/report" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    hit=
    [ ! -f "$work/report" ] || read -r hit <"$work/report"
    runs=$((runs + 1))
}

# A sentence of the tool's own for what is lost (the model and the log, where all calls fail from one on
# or a lack of memory ends the run), and the status that stands for files and memory.
check_refusal() {
    local most=1 line lines
    [[ $1 != *:always* ]] || most=2
    mapfile -t lines <"$work/err"
    ! grep -q 'the run log .* could not be written whole$' "$work/err" || most=2
    case $status in
    1) ;;
    124) fault_failed "$1: no end" && return ;;
    *) fault_failed "$1: exit status $status" && return ;;
    esac
    if [ ${#lines[@]} -lt 1 ] || [ ${#lines[@]} -gt $most ]; then
        fault_failed "$1: ${#lines[@]} lines of a message"
    fi
    for line in "${lines[@]}"; do
        [[ $line == nnfs-*:\ ?* ]] || fault_failed "$1: '$line'"
    done
}

# Nothing of a write that failed stays behind.
check_folder() {
    local left
    left=$(find "$files" -name '.*.tmp.*' -o -name '*.csv.*')
    [ -z "$left" ] || fault_failed "$1: $left is left"
    [ -z "$left" ] || rm -f "$left"
}

# After any fault: the model is the old or the new one, whole; success is told of success only.
check_training() {
    local what=$1
    if cmp -s "$model" "$work/new"; then
        [ "$status" = 0 ] || check_refusal "$what"
    elif cmp -s "$model" "$work/old"; then
        check_refusal "$what"
    else
        fault_failed "$what: the model is neither the old nor the new one (exit status $status)"
    fi
    if [ "$status" = 0 ]; then
        [ ! -s "$work/err" ] || fault_failed "$what: exit status 0, and yet a message"
        timeless "$log" | cmp -s - "$work/reference.jsonl" ||
            fault_failed "$what: exit status 0, and yet a log that is not whole"
    fi
}
