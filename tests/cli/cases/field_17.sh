# field.md 17: with validation data --until-accuracy does not look at the test data, here with wrong classes.
for ((i = 0; i < 60; i++)); do echo "$((i % 2)),$((i % 7)),c$((i % 2))"; done >train.csv
for ((i = 0; i < 60; i++)); do echo "$((i % 2)),$((i % 7)),c$((1 - i % 2))"; done >swapped.csv
ends() {
    echo "\$ nnfs-train --preset plain train.csv $*"
    nnfs-train --preset plain -q train.csv -e 40 --lr 0.05 --header no -o none --log run.jsonl --until-accuracy 1 "$@"
    grep -o '"reason":"[a-z]*"' run.jsonl
}
ends --validation train.csv --test swapped.csv
ends --validation swapped.csv --test train.csv
ends --test train.csv
ends --validation train.csv --test 0
run nnfs-train --preset plain -q train.csv --header no -o none --until-accuracy 1 --test 0
