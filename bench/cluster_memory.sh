#!/bin/bash
# The memory of a rank that loads and trains on a large CSV file: the most of its proportional share (Pss: pages that
# ranks share are divided among them), for one rank and for more. Usage: cluster_memory.sh BUILD [GIGABYTES [RANKS...]]
set -u -o pipefail
build=$(realpath "$1")
gigabytes=${2:-4}
shift
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 1 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
launcher=${LAUNCHER:-mpirun}

# 50 columns of numbers with seven digits: 400 bytes a row.
awk 'BEGIN { for (c = 1; c <= 50; c++) printf "x%d%s", c, c < 50 ? "," : "\n" }' >"$work/data.csv"
awk 'BEGIN {
    seed = 12345
    for (i = 0; i < 5000; i++) {
        for (c = 1; c <= 50; c++) {
            seed = (seed * 16807) % 2147483647
            printf "%.5f%s", 1 + seed % 800000 / 100000, c < 50 ? "," : "\n"
        }
    }
}' >"$work/rows"
for ((i = 0; i < 500 * gigabytes; i++)); do
    cat "$work/rows"
done >>"$work/data.csv"
echo "$(stat -c %s "$work/data.csv") bytes"

# Prints the largest Pss that each process of this job has had, in MB, until all are gone.
watch() {
    local -A most
    local pid pss alive=1
    while [ "$alive" = 1 ]; do
        alive=0
        for pid in $(pgrep -f "^$build/nnfs-train $work/"); do
            pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null)
            [ -n "$pss" ] || continue
            alive=1
            [ "$pss" -le "${most[$pid]:-0}" ] || most[$pid]=$pss
        done
        sleep 0.1
    done
    for pid in "${!most[@]}"; do
        echo "$((most[$pid] / 1024))"
    done | sort -n | tr '\n' ' '
}

for ranks in "$@"; do
    began=$SECONDS
    "$launcher" -n "$ranks" "$build/nnfs-train" "$work/data.csv" --preset plain --hidden 16 --epochs 1 \
        --batch 4096 --shards 4 --output none >"$work/said" 2>"$work/errors" &
    sleep 1
    peaks=$(watch)
    wait || cat "$work/errors"
    echo "$ranks ranks: $(sed -n 's/^weights *//p' "$work/said"), $((SECONDS - began)) s, most Pss in MB: $peaks"
done
