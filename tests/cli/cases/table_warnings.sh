# What might be wrong with a table is said before it is trained on; none of it stops the run.
seq 1 60 | awk 'BEGIN { print "x,y,again" } { print $1 * 7 % 13 "," $1 % 9 * 3 "," $1 % 9 * 3 + 1 }' \
    >giveaway.csv
run nnfs-train --preset plain giveaway.csv --target y --task numbers -e 1 -o none
seq 1 60 | awk 'BEGIN { print "code,x,kind" }
    { kind = $1 % 3; print "c" kind "," $1 * 7 % 13 ",k" kind }' >code.csv
run nnfs-train --preset plain code.csv -e 1 -o none
seq 1 60 | awk 'BEGIN { print "x,y" } { print $1 % 4 "," $1 % 4 / 2 + 0.1 }' >twice.csv
run nnfs-train --preset plain twice.csv --validation 0.1 -e 1 -o none --numeric x
seq 1 120 | awk 'BEGIN { print "x,sick" } { print $1 * 37 % 101 "," ($1 % 24 == 0 ? "yes" : "no") }' \
    >rare.csv
run nnfs-train --preset plain rare.csv -e 1 -o none
nnfs-train --preset plain rare.csv -e 1 -o none --class-weight balanced 2>&1 | grep -c warning
# Many columns are shown in part, and names as a terminal can bear them.
awk 'BEGIN {
    printf "a\033[31mb,\"a very long name, far longer than any column of a list should be\""
    for (i = 3; i <= 50; i++) printf ",c%d", i
    print ""
    for (j = 0; j < 20; j++) { printf "%d", j; for (i = 2; i <= 50; i++) printf ",%d", i * j * 7 % 23; print "" }
}' >wide.csv
run nnfs-train --preset plain wide.csv -e 1 -o none --task numbers
