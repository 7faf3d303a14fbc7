# The loss quantile:Q: predictions are the quantile in the target's units, evaluated by pinball loss and coverage.
cp "$fixtures/table/flats.csv" .
options=(flats.csv --drop remark --target price --loss quantile:0.9 -e 8)
nnfs-train "${options[@]}" --preset plain --hidden 8 -t 1 -o high1 --log 1.jsonl 2>/dev/null | grep -Ec "pinball [0-9.]+, coverage [0-9.]+ %"
nnfs-train -q "${options[@]}" --preset plain --hidden 8 -t 2 -o high2
nnfs-train -q "${options[@]}" --preset plain --hidden 8 -t 3 -o high3
cmp high1 high2 && cmp high1 high3 && echo "the same model with any number of threads"
nnfs-train -q "${options[@]}" --preset plain --hidden 8 -o none --log again.jsonl --checkpoint kept --checkpoint-every 3steps
rm -f kept/best.safetensors "$(find kept -name 'checkpoint-*' | sort | tail -n 1)"
nnfs-train -q --resume kept && echo "resumed $(grep -c '"event":"resume"' again.jsonl) time"
for log in 1 again; do
    tail -1 $log.jsonl | grep -o '"weights_hash":"[0-9a-f]*"\|"test_pinball":[0-9.]*\|"test_coverage":[0-9.]*' >$log.end
done
cmp 1.end again.end && wc -l <1.end
nnfs-show high1 | head -1
nnfs-eval high1 flats.csv 2>/dev/null | grep -Eo '^(loss|RMSE|MAE|R2|pinball|coverage)' | xargs
nnfs-eval high1 flats.csv --json 2>/dev/null | grep -o '"loss_name":"[^"]*"'
nnfs-export -q high1 --onnx model.onnx --c model.c --check flats.csv 2>/dev/null && echo exported
nnfs-import -q model.onnx -o imported && nnfs-show imported | head -1
# The share of the training rows below is about the level, also of members.
for level in 0.1 0.5 0.9; do
    nnfs-train -q flats.csv --drop remark --target price --loss quantile:$level -o level --log level.jsonl
    tail -1 level.jsonl | grep -o '"train_coverage":[0-9.]*' |
        awk -F: -v level=$level '{ print level, ($2 > level - 0.1 && $2 < level + 0.1) ? "covered" : "not covered: " $2 }'
done
# Trials of one quantile are ranked by their loss; of several kinds of loss, by RMSE.
tune=(flats.csv --drop remark --target price --preset plain --hidden 4 -e 3 --log none -t 1)
nnfs-tune -q "${tune[@]}" --loss quantile:0.9 --lr 0.01,0.001 | grep -oE '^best .* validation [a-zA-Z]+ [a-z]+'
nnfs-tune -q "${tune[@]}" --loss quantile:0.9,mse | grep -oE 'validation [a-zA-Z]+ [0-9]' | cut -d ' ' -f 1,2
nnfs-tune "${tune[@]}" --loss quantile:0.5 --lr 0.01,0.02 2>&1 | grep -oE 'validation pinball loss' | sort | uniq -c | xargs
# The pinball loss in the target's units: an output of softplus learns it without a scale.
nnfs-tune -q "${tune[@]}" --log units.jsonl --loss quantile:0.5 --output-activation identity,softplus --lr 0.01 |
    grep -cE '^best .* identity: validation pinball loss [0-9]{2}'
grep -cE '"validation_pinball": ?[0-9]+' units.jsonl
for loss in quantile quantile:0 quantile:1 quantile:x quantile: mse:0.5 quantil:0.5; do
    run nnfs-train flats.csv --loss $loss -o none
done
