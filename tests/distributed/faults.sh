#!/bin/bash
# A random rank of a job is killed or stopped at a random moment, again and again: the job ends within a minute, with
# an error, and goes on, on another number of ranks, to the bits of the run that was left alone.
# Usage: faults.sh BUILD LAUNCHER [ROUNDS [SEED]]
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rounds=${3:-50}
RANDOM=${4:-$$}
seed=${4:-$$}
declare -A count=([killed]=0 [stopped]=0 [ended]=0)

# The ranks of the job: processes of this test alone.
members() {
    local process
    for process in $(pgrep -x nnfs-train); do
        tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline" | grep -F "$work/" >/dev/null && echo "$process"
    done
}

# hit JOB: a random one, once it is there, within the next 3 seconds
hit() {
    local job=$1 list delay victim
    delay=$((RANDOM % 3000))
    until [ -n "$(members)" ] || ! kill -0 "$job" 2>/dev/null; do sleep 0.05; done
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    mapfile -t list < <(members)
    fault=ended
    [ ${#list[@]} -gt 0 ] || return
    if [ $((RANDOM % 2)) -eq 0 ]; then
        kill -KILL "${list[RANDOM % ${#list[@]}]}" 2>/dev/null && fault=killed
    else
        victim=${list[RANDOM % ${#list[@]}]}
        kill -STOP "$victim" 2>/dev/null && fault=stopped && release "$job" "$victim"
    fi
}

# release JOB RANK: a rank that was stopped on its way out, when all others had ended, is the launcher's to wait for.
release() {
    local job=$1 alone=0
    while kill -0 "$job" 2>/dev/null && [ $alone -lt 5 ]; do
        sleep 1
        if [ "$(members)" = "$2" ]; then
            alone=$((alone + 1))
        else
            alone=0
        fi
    done
    [ $alone -lt 5 ] || { kill -CONT "$2" && fault=ended; }
}

cd "$work" || exit 1
arguments=("$data/table/flats.csv" --preset plain --epochs 200 --hidden 16 --shards 4)
whole=$(hash "$build/nnfs-train" "${arguments[@]}")
for ((round = 1; round <= rounds; round++)); do
    rm -rf "$work/saved"
    ranks $((RANDOM % 3 + 2)) "${arguments[@]}" --checkpoint "$work/saved" --checkpoint-every 5epochs \
        --output none >out 2>errors &
    job=$!
    start=$SECONDS
    hit $job
    wait $job
    status=$?
    count[$fault]=$((count[$fault] + 1))
    [ $((SECONDS - start)) -le 64 ] || wrong "round $round: $fault, and ended after $((SECONDS - start)) seconds"
    [ "$fault" = ended ] || [ $status -ne 0 ] || [ "$(sed -n 's/^weights *//p' out)" = "$whole" ] ||
        wrong "round $round: $fault, and ended well"
    for ((look = 0; look < 20; look++)); do # the launcher kills a stopped rank a moment after it has ended
        [ -n "$(members)" ] || break
        sleep 0.5
    done
    [ -z "$(members)" ] || wrong "round $round: $fault, and ranks are left"
    if ls "$work"/saved/checkpoint-* >/dev/null 2>&1; then
        resumed=$(hash ranks $((RANDOM % 4 + 1)) --resume "$work/saved")
    else
        resumed=$(hash ranks $((RANDOM % 4 + 1)) "${arguments[@]}")
    fi
    [ "$resumed" = "$whole" ] ||
        wrong "round $round: $fault, and resumed to ${resumed:-none: $(grep -m 2 "^nnfs-train\|alarm" "$work/errors")}, not to $whole"
    echo "round $round: $fault"
done
echo "seed $seed, $rounds rounds: ${count[killed]} killed, ${count[stopped]} stopped, ${count[ended]} ended before"
exit "$failed"
