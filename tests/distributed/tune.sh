#!/bin/bash
# The runs of nnfs-tune on several ranks: the results of one process, in one log; each rank has its part; a job that
# lost a rank goes on from its log.
# Usage: tune.sh BUILD LAUNCHER [all]
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# lines LOG: without what differs between any two runs
lines() {
    sed -E 's/^.*("run":)/\1/; s/"seconds":[^,]*,//' "$1" | sort
}

# tune RANKS ARGUMENTS...
tune() {
    local count=$1
    shift
    timeout 120 "$launcher" -n "$count" "$build/nnfs-tune" "$@"
}

table=$data/table/flats.csv
cd "$work" || exit 1
# shellcheck disable=SC2054 # lists of values
arguments=("$table" --preset plain --hidden '8;16;24' --lr 0.1,0.01 --epochs 6 --optimizer sgd,adam)
"$build/nnfs-tune" -q "${arguments[@]}" --log one.jsonl >one || wrong 'one process'
for count in 3 ${all:+2}; do
    tune "$count" "${arguments[@]}" --log "$count.jsonl" >out 2>errors || wrong "$count ranks: $(cat errors)"
    [ "$(grep -c schema "$count.jsonl")" -eq 1 ] || wrong "$count ranks: the log has no single head"
    diff <(lines one.jsonl) <(lines "$count.jsonl") >difference || wrong "$count ranks: $(head -5 difference)"
    diff <(grep -A 1 '^best' one) <(grep -A 1 '^best' out) || wrong "$count ranks: another best"
    [ "$(grep -cE '^[0-9]+/12 ' errors)" -eq 12 ] || wrong "$count ranks: $(cat errors)"
done

"$build/nnfs-tune" -q "${arguments[@]}" --time 1h --log one-halving.jsonl >one || wrong 'one process, halving'
tune 3 -q "${arguments[@]}" --time 1h --log halving.jsonl >out 2>errors || wrong "halving: $(cat errors)"
diff <(lines one-halving.jsonl) <(lines halving.jsonl) || wrong 'halving: other results'
tune 2 -q "${arguments[@]}" --folds 2 --log folds.jsonl >out 2>errors || wrong "folds: $(cat errors)"
"$build/nnfs-tune" -q "${arguments[@]}" --folds 2 --log one-folds.jsonl >one || wrong 'one process, folds'
diff <(lines one-folds.jsonl) <(lines folds.jsonl) || wrong 'folds: other results'

# One sentence for all ranks.
tune 2 nowhere.csv --lr 0.1,0.2 >out 2>errors
[ "$(grep -c '^nnfs-tune: there is no dataset' errors)" -eq 1 ] || wrong "no data: $(cat errors)"

# Runs go side by side: their iterations alternate in the log, which those of one rank do not.
# shellcheck disable=SC2054
longer=("$table" --preset plain --hidden 16 --lr 0.1,0.02,0.01,0.05 --epochs 400 --batch 8)
tune 2 -q "${longer[@]}" --jobs 1 --log beside.jsonl >out 2>errors || wrong "side by side: $(cat errors)"
changes=$(sed -E 's/^.*"run":([0-9]+),.*/\1/' beside.jsonl | uniq | wc -l)
[ "$changes" -gt 8 ] || wrong "the log has $changes runs one after the other"
grep -q '2 runs side by side on 2 ranks$' out || wrong "the report: $(grep side out)"

# A rank is killed: the job ends, and the same command goes on with what had ended.
"$build/nnfs-tune" -q "${longer[@]}" --log whole.jsonl >one
tune 2 -q "${longer[@]}" --log killed.jsonl >out 2>errors &
job=$!
until grep -q '"ended"' killed.jsonl 2>/dev/null || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
kill -KILL "$(pgrep -n -f 'nnfs-tune .* killed.jsonl')"
wait $job && wrong 'a job without one of its ranks ended well'
ended=$(grep -c '"ended"' killed.jsonl)
tune 2 "${longer[@]}" --log killed.jsonl >out 2>errors || wrong "going on: $(cat errors)"
grep -q "going on from 'killed.jsonl': $ended of 4 runs have ended" errors || wrong "going on: $(cat errors)"
diff <(lines whole.jsonl) <(lines killed.jsonl) >difference || wrong "going on: $(head -5 difference)"
exit "$failed"
