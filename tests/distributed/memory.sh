#!/bin/bash
# A table larger than the memory that a process may use, for one process and for ranks: its values lie in a file. The
# bits are those of a process with memory enough. Usage: memory.sh BUILD LAUNCHER
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$work" || exit 1
awk 'BEGIN {
    for (c = 1; c <= 49; c++) printf "x%d,", c
    print "y"
    for (i = 0; i < 5000; i++) {
        for (c = 1; c <= 49; c++) printf "%d,", i * (c + 7) % 89
        print i % 7
    }
}' >rows
{ cat rows && for ((i = 1; i < 500; i++)); do tail -n +2 rows; done; } >data.csv
arguments=("$work/data.csv" --preset plain --hidden 8 --epochs 1 --batch full --shards 2 --threads 1 --test 0)
whole=$(hash "$build/nnfs-train" "${arguments[@]}")
[ -n "$whole" ] || wrong "no weights: $(cat "$work/errors")"
# 500 MB of values, of which half of the limit are held; OpenBLAS takes 256 MB of its own, which it does not use.
ulimit -d 800000
alone=$(hash "$build/nnfs-train" "${arguments[@]}")
[ "$alone" = "$whole" ] || wrong "one process: ${alone:-none: $(cat "$work/errors")}, not $whole"
two=$(hash ranks 2 "${arguments[@]}")
[ "$two" = "$whole" ] || wrong "two ranks: ${two:-none: $(cat "$work/errors")}, not $whole"
exit "$failed"
