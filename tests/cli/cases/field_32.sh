# On a terminal no line is longer than it, and none breaks inside a word.
make_small
printf 'width,colour,kind\n' >garden.csv
for i in 1 2 3 4 5 6 7 8; do printf '%d,%s,%s\n' "$i" red rose "$((9 * i % 10))" white lily; done >>garden.csv
nnfs-train garden.csv -q -e 1 -o model
printf 'colour,a long name of a column,another long name of a column,width\nblue,1,2,3\n' >new.csv
command -v script >/dev/null || skip "no script(1) to make a terminal with"
script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminal can be made here"
narrow() { # COLUMNS COMMAND
    echo "\$ $2 # $1 columns"
    script -qec "stty cols $1; TERM=dumb $2" /dev/null </dev/null | tr -d '\r' >lines
    awk -v most="$1" 'length($0) >= most { print "too long: " $0 }' lines
    mask <lines
}
for columns in 100 80 60; do
    narrow $columns "nnfs-train garden.csv -e 1 -o none" >all
    grep -c '^weights' all
    sed -n '/^trained/,$p' all | grep 'too long'
done
narrow 50 "nnfs-predict -t 1 model new.csv -o out.csv"
narrow 40 "nnfs-train -q nowhere/at/all.csv -e 1 -o none"
narrow 40 "nnfs-eval -t 1 model new.csv"
# Not on a terminal: a line stays one line.
run nnfs-predict model new.csv -o out.csv
