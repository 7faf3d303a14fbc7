# The run log: strict JSON, every setting, the fields that scripts rely on.
make_small
run nnfs-train -q small -e 2 -b 32 -t 2 --validation 0.1 --log run.jsonl --hidden 8,6 \
    --activation relu,tanh --lr 0.01
run check_log run.jsonl
run nnfs-train -q yes-no -e 1 -b full -t 1 -o none --log run.jsonl --hidden none \
    --optimizer sgd --init uniform:0.1 --seed 9223372036854775807
run check_log run.jsonl
run nnfs-train -q small -e 300 --lr 0.05 --until-accuracy 0.01 -o none --log run.jsonl
check_log run.jsonl | grep -E '^(reason|epochs|settings.until)'

# What a report draws: of classes and of numbers, of two targets, of pictures.
cp "$fixtures/table/flats.csv" .
details() {
    check_log run.jsonl | sed -n '/^event \(evaluation\|weights\)/,/^$/p'
}
run nnfs-train --preset plain -q flats.csv -e 1 -o none --target area,price --validation 0.2 --log run.jsonl
details
run nnfs-train --preset plain -q flats.csv -e 1 -o none --target sold --log run.jsonl
details
run nnfs-train -q digits -e 1 -b 4096 --hidden 5 -o none --log run.jsonl
details
