#!/bin/sh
# Fuzzes every target of a build with -Dfuzz=true, SECONDS each, beginning with the inputs that are in
# the tree. What crashes, leaks, hangs for 10 s or takes more than 1 GiB ends it, with the input in
# BUILD/fuzz-findings: mend the fault, and keep the input, cut small by `FUZZER -minimize_crash=1`, in
# tests/fuzz/corpus. Usage: run.sh BUILD SECONDS [TARGET...]
set -eu
build=$1
seconds=$2
shift 2
here=$(dirname "$0")
findings=$build/fuzz-findings
if [ $# -eq 0 ]; then # all, as many at a time as there are CPUs
    find "$build/tests/fuzz" -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x | sort |
        xargs -P "$(nproc)" -n 1 "$0" "$build" "$seconds"
    exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$findings"

ours=allocator_may_return_null=1:detect_stack_use_after_return=1:quarantine_size_mb=64
export ASAN_OPTIONS="$ours${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export LSAN_OPTIONS="print_suppressions=0:suppressions=$here/../sanitizers/leaks.supp"

for target; do
    target=${target##*/fuzz_}
    mkdir -p "$work/$target"
    # What is found goes into the first folder; a file of the tree is never touched.
    if ! "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -max_len=16384 -print_final_stats=1 -artifact_prefix="$findings/$target-" \
        "$work/$target" "$here/corpus/$target" "$here/../data" >"$work/log" 2>&1; then
        tail -n 60 "$work/log"
        echo "$target: the input is in $findings"
        exit 1
    fi
    awk -v target="$target" '
        /number_of_executed_units/ { runs = $2 }
        /peak_rss_mb/ { memory = $2 }
        / cov: / { coverage = $4 }
        END { printf "%-12s %9d runs, %5d branches, %4d MiB at most\n", target, runs, coverage, memory }
    ' "$work/log"
done
