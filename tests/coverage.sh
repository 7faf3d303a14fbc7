#!/bin/sh
# How much of the library the tests that ran in a build with -Db_coverage=true have executed: lines by
# file and by folder, and whether that is enough: 95 % of src/data and of src/formats, 90 % of all.
# The tools are not counted: they end by _exit, before anything is written down.
# Usage: coverage.sh BUILD
set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Also what no test has touched: its notes are there, its counts are not.
find "$PWD/src/libnnfs-internal.a.p" -name '*.gcno' >"$work/notes"
[ -s "$work/notes" ] || {
    echo "$1 was not built with -Db_coverage=true"
    exit 1
}
(cd "$work" && xargs gcov --no-output <notes 2>/dev/null) >"$work/said"

awk -F "'" '
    /^File / { file = $2; next }
    /^Lines executed:/ && match(file, /src\/[a-z]+\/[^\/]*\.c$/) {
        name = substr(file, RSTART)
        split($0, word, /[:% ]+/) # Lines executed:95.00% of 100
        lines[name] = word[5]
        done[name] = word[3] * word[5] / 100
    }
    { file = "" }
    END {
        for (name in lines) {
            printf "%6.1f %% of %5d  %s\n", 100 * done[name] / lines[name], lines[name], name
        }
    }' "$work/said" >"$work/files"
sort -n "$work/files"
echo

awk '
    function judge(what, least,    share) {
        share = 100 * done[what] / lines[what]
        low = share < least
        printf "%6.1f %% of %5d  %s%s\n", share, lines[what], what,
               low ? ": at least " least " % are wanted" : ""
        wrong += low
    }
    {
        folder = $5
        sub(/\/[^\/]*$/, "", folder)
        lines[folder] += $4; done[folder] += $1 * $4 / 100
        lines["all"] += $4; done["all"] += $1 * $4 / 100
    }
    END {
        judge("src/data", 95)
        judge("src/formats", 95)
        judge("all", 90)
        exit wrong > 0
    }' "$work/files"
