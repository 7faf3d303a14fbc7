# What is said of predictions, of models whose predictions stand in the table itself.

# table OUTPUTS NAME...: rows whose class is the next name, and whose outputs favour it, or another.
table() {
    local rows=$1 names=("${@:2}") count=$(($# - 1)) i j
    for ((j = 0; j < count; j++)); do
        printf 'z%d,' "$j"
    done
    echo class
    for ((i = 0; i < rows; i++)); do
        local truth=$((i % count))
        local said=$((i % 5 == 3 ? (truth + i / 7) % count : truth))
        for ((j = 0; j < count; j++)); do
            printf '%d.%d%d,' $((j == said ? 2 + i % 2 : 0)) $((i % 3)) $(((i + j) % 10))
        done
        echo "${names[truth]}"
    done
}

# Yes and no, by one output and by two.
{
    echo z,answer
    for ((i = 0; i < 60; i++)); do
        echo "$((i * 7 % 5 - 2)).$((i * 3 % 10))5,$((i * 7 % 5 + i % 3 > 2))"
    done | sed 's/,0$/,no/; s/,1$/,yes/'
} >two.csv
run make_through two.csv sigmoid answer two
run nnfs-eval two two.csv --binary --calibration --mistakes 3

table 60 setosa versicolor virginica >three.csv
run make_through three.csv softmax class three
run nnfs-eval three three.csv --binary --calibration
run nnfs-eval three three.csv --mistakes 1.5
run make_through three.csv identity class lines
run nnfs-eval lines three.csv --calibration --mistakes 2

# Names above the columns where they fit, else numbers; of many classes pairs, unless asked.
table 240 a b c d e f g h i j k l >short.csv
run make_through short.csv softmax class short
run nnfs-eval short short.csv --mistakes 2
table 240 "a name far too long for any line of a table" "an öther one" c e f g h i j k last \
    "the very first of them" >long.csv
run make_through long.csv softmax class long
run nnfs-eval long long.csv --mistakes 2
COLUMNS=50 run nnfs-eval long long.csv --mistakes 0
# shellcheck disable=SC2046
table 250 $(seq -f c%02g 25) >many.csv
run make_through many.csv softmax class many
run nnfs-eval many many.csv --mistakes 0 | head -24
nnfs-eval many many.csv --confusion | grep -A 2 '^confusion'

# Numbers, one target and two.
{
    echo x,y,area,price
    for ((i = 0; i < 200; i++)); do
        echo "$i,$((i * i)).5,$((i + (i * 37 % 11 - 5) * (i % 4))),$((i * i + i * 53 % 101 * 20))"
    done
} >numbers.csv
run make_through numbers.csv identity area,price numbers
run nnfs-eval numbers numbers.csv --mistakes 3
cut -d, -f 1,3 numbers.csv >one.csv
run make_through one.csv identity area one
run nnfs-eval one one.csv

# On a narrow terminal no table is broken.
COLUMNS=40 run nnfs-eval three three.csv --mistakes 2
COLUMNS=40 run nnfs-eval one one.csv --mistakes 2

# All of it as one object.
for name in two three one; do
    nnfs-eval "$name" "$name.csv" --json --mistakes 2 >object.json
    run check_log object.json | grep -Ev '^(calibration\.[1-8]|.*\.(counts|scatter)\.[1-9])'
done

# A terminal shows the diagonal in colour, unless told not to.
terminal() {
    TERM=xterm-256color LC_ALL=C.UTF-8 script -qec "nnfs-eval three three.csv --mistakes 0" /dev/null |
        grep -A 4 '^confusion' | tr -d '\r' | sed 's/\x1b/ESC/g'
}
script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminal can be made here"
terminal
NO_COLOR=1 terminal
