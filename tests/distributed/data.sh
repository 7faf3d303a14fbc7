#!/bin/bash
# Data that several ranks read: each kind of file gives the weights of one process, and each rank's part of a
# table is right wherever it is cut. Usage: data.sh BUILD LAUNCHER [all]
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# compare "RANKS..." DATA ARGUMENTS...
compare() {
    local counts=$1 count one some
    shift
    [ -z "$all" ] || counts='1 2 3 4'
    one=$(hash "$build/nnfs-train" "$@" --epochs 1 --hidden 8 --shards 4)
    [ -n "$one" ] || wrong "$*: no weights: $(cat "$work/errors")"
    for count in $counts; do
        some=$(hash ranks "$count" "$@" --epochs 1 --hidden 8 --shards 4)
        [ "$one" = "$some" ] || wrong "$*: $one alone, ${some:-none: $(cat "$work/errors")} on $count ranks"
    done
    echo "$one $*"
}

# rows FROM TO: quoted newlines, delimiters and quotes, quotes in the middle of a cell, missing cells, dates
rows() {
    awk -v from="$1" -v to="$2" 'BEGIN {
        split("plain|\"two\nlines\"|\"say \"\"hi\"\", twice\"|5\" pipe|\"a,b\"|\"\n\n,\"|x\"y\"z|\"\"", note, "|")
        split("\"Bad\r\nHall\"|Wien|\"Linz, \"\"AT\"\"\"|Graz|", city, "|")
        for (i = from; i <= to; i++) {
            long = ""
            for (j = 0; i == 150 && j < 2000; j++) long = long "long\n"
            printf "%s,%s,%.3f,%02d.%02d.2020,%s,%.4f\n", long == "" ? note[i * 7 % 8 + 1] : "\"" long "\"",
                city[i * 3 % 5 + 1], i * 37 % 101 / 7, i % 28 + 1, i % 12 + 1, i % 3 ? i % 4 : "x", i * 53 % 97 / 3
        }
    }'
}
header='note,city,"size, m2",day,mixed,price'
cd "$work" || exit 1
mkdir each first
{ echo "$header" && rows 1 400; } >cells.csv
{ echo "$header" && rows 1 9; } >short.csv
{ echo "$header" && rows 1 100; } | tee each/a.csv >first/a.csv
{ echo "$header" && rows 101 101; } >each/b.csv
rows 101 101 >first/b.csv
{ echo "$header" && rows 102 400; } >each/c.csv
rows 102 400 >first/c.csv
gzip -k cells.csv
compare '1 2 3 4' cells.csv
compare '3' each
compare '2' first
compare '3' cells.csv.gz
compare '4' short.csv --test 0
compare '3' cells.csv --skip-bad-rows --weight-column "size, m2"
compare '3' "$data/npy/accept/i2-big.npy" --test 0
compare '2' "$data/npy/accept/fortran.npy" --test 0
for kind in dots f32 f64 i16; do
    compare '3' "$data/idx/accept/$kind"
done

# Rank 0 alone has the data: by a relative path, in the folder that it runs in.
mkdir bare
for source in cells.csv each cells.csv.gz; do
    read -ra each <<<"$source --epochs 1 --hidden 8 --shards 4"
    one=$(hash "$build/nnfs-train" "${each[@]}")
    # shellcheck disable=SC2016 # for the shell of each rank
    some=$(timeout 120 "$launcher" -n 3 bash -c '[ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 0 ] || cd bare
        exec "$@"' bash "$build/nnfs-train" "${each[@]}" --output none 2>errors | sed -n 's/^weights *//p')
    [ -n "$one" ] || wrong "$source alone: no weights"
    [ "$one" = "$some" ] || wrong "$source of rank 0: $one alone, ${some:-none: $(cat errors)} on 3 ranks"
done
[ -z "$(ls -A bare)" ] || wrong "$(ls bare) is left"

# What is wrong in any part names the line of the file, as in one process.
{ rows 1 300 && echo 'x,y,1,01.01.2020,1' && rows 301 400; } >wrong.csv
alone=$("$build/nnfs-train" wrong.csv 2>&1 | grep -o 'line [0-9]*: the row has .*')
for count in 3 ${all:+2 4}; do
    several=$(ranks "$count" wrong.csv 2>&1 | grep -o 'line [0-9]*: the row has .*' | head -n 1)
    [ -n "$several" ] || wrong "$count ranks: no message"
    [ "$alone" = "$several" ] || wrong "$count ranks: '$several', not '$alone'"
done
exit "$failed"
