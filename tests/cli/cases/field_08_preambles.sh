# Lines before the table, comments, bad rows and trailing delimiters.
cp "$fixtures"/field/* .
show() {
    nnfs-train --preset plain "$@" -e 1 -o none 2>&1 | sed -n '2,/^predicts/p'
}
run nnfs-train --preset plain preamble.csv -q -o none
show preamble.csv --skip 1
run nnfs-train --preset plain preamble.csv -q -o none --skip 1000
show comments.csv --comment '#'
run nnfs-train --preset plain units-row.csv -q -o none
show units-row.csv --skip-bad-rows
show total-row.csv --skip-bad-rows
show trailing-both.csv
show trailing-data-only.csv
# Short and long rows and open quotes are counted, and no class comes from them.
{
    echo a,b,y
    for i in 1 2 3 4 5 6 7 8; do echo "$i.5,$((i * 3 % 5)).5,$( ((i % 2)) && echo yes || echo no)"; done
    echo '1,2'
    echo '1,2,no,4'
    echo 'x,"2,bad'
} >bad.csv
run nnfs-train --preset plain bad.csv -q -o none
show bad.csv --skip-bad-rows
nnfs-train --preset plain bad.csv -q -e 1 -o model --skip-bad-rows
nnfs-eval model bad.csv --skip-bad-rows 2>&1 | grep 'left out'
