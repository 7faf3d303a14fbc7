#!/bin/bash
# A rank that is stopped ends the job within a minute, with one sentence of ours.
# Usage: stopped.sh BUILD LAUNCHER
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$work" || exit 1
ranks 3 "$data/table/flats.csv" --epochs 100000 --hidden 16 --checkpoint saved --checkpoint-every 1epochs --output none >out 2>errors &
job=$!
until ls saved/checkpoint-* >/dev/null 2>&1 || ! kill -0 $job 2>/dev/null; do sleep 0.05; done
victim=$(pgrep -n -f 'nnfs-train .*flats.csv --epochs 100000 .* saved')
kill -STOP "$victim"
start=$SECONDS
wait $job && wrong 'a job without one of its ranks ended well'
[ $((SECONDS - start)) -le 60 ] || wrong "it took $((SECONDS - start)) seconds"
grep -q '^nnfs-train: rank [0-9] of 3 has not been heard of for 20 seconds$' errors || wrong "$(cat errors)"
exit "$failed"
