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
# Nor is one of a table's summary, of other results, or of a command to paste.
(
    echo 'a long name of a column,kind of house,"the, target"'
    for i in 1 2 3 4 5 6 7 8 9; do
        echo "$i,terraced house number $i of many,$((i * i))"
        echo "$((i + 10)),terraced house number $((i % 3)) of many,$i"
    done
) >houses.csv
nnfs-train houses.csv -e 1 --hidden 4 --preset plain -q -o plain
nnfs-train houses.csv -e 1 --hidden 4 --preset plain -q -o kinds --target 2
narrow 80 "nnfs-train houses.csv --preset fast -e 1 --hidden 4 -o none" | sed '/^epoch/,$d; s/--lr.*//'
narrow 60 "nnfs-train houses.csv --preset fast -e 1 --hidden 4 -o none" | grep 'too long'
narrow 80 "nnfs-show houses.csv" | sed '/^ *row /,$d'
narrow 60 "nnfs-show houses.csv" | grep 'too long'
narrow 80 "nnfs-show plain" | sed '/^  layer/,/^takes/d'
narrow 60 "nnfs-show plain" | grep 'too long'
narrow 60 "nnfs-tune houses.csv --preset plain --lr 0.1,0.2 --hidden 4 -e 1 -q --log none" |
    sed 's/lr 0.*[0-9] /lr RATE /' | sed -n '/too long/p; /^repeat/,/^speed/p' | sed '/^speed/d'
narrow 80 "nnfs-eval kinds kinds houses.csv" | sed -n '/too long/p; /parameters/,/^loss/p' | sed '/^loss/d'
narrow 60 "nnfs-export kinds --onnx a-name-of-a-file-that-is-long.onnx --check houses.csv" |
    sed '/^nnfs-export/,/know/d; s/[0-9.e-]* of prob/D of prob/'
narrow 80 "nnfs-export plain --safetensors plain.torch"
narrow 60 "nnfs-import plain.torch -o again"
# Scores of folds and networks, the profile and the step.
for options in "--folds 3" "--networks 3 --validation 0.3 --preset best" "--profile" "--show-program"; do
    narrow 80 "nnfs-train garden.csv --target kind -e 1 --hidden 4 $options -o none" | sed -n '1p; /too long/p'
done
run nnfs-eval plain plain houses.csv
narrow 50 "nnfs-predict -t 1 model new.csv -o out.csv"
narrow 40 "nnfs-train -q nowhere/at/all.csv -e 1 -o none"
narrow 40 "nnfs-eval -t 1 model new.csv"
# Not on a terminal: a line stays one line.
run nnfs-predict model new.csv -o out.csv
