# Every schedule runs; the log has its settings, resolved, and the rate of each epoch's last step.
make_small
rates() {
    run nnfs-train -q small -b 20 -e 6 --lr "${2:-0.1}" --hidden 4 -o none --log run.jsonl --schedule "$1"
    head -n 1 run.jsonl | grep -o '"schedule.*"schedule_patience":[0-9]*'
    grep -o '"lr":[^,]*' run.jsonl | tail -n +2
}
rates constant
rates constant:warmup=2
rates step
rates step:every=1.5,factor=0.5
rates exponential
rates cosine
rates cosine:warmup=0.5,floor=0.01
rates one_cycle
# A rate that moves no weight: no epoch is better than the first.
rates plateau 1e-30
rates plateau:patience=0,factor=0.25,floor=0.03,warmup=1.5 1e-30
# The last one counts, with all that belongs to it.
run nnfs-train -q small -e 1 -o none --log run.jsonl --schedule step:warmup=3,every=1 \
    --schedule cosine
head -n 1 run.jsonl | grep -o '"schedule.*"schedule_patience":[0-9]*'
# The bits are the same for any number of threads.
for threads in 1 2 3; do
    nnfs-train -q small -b 20 -e 3 -t $threads -o none --log run.jsonl --schedule \
        one_cycle:warmup=0.5
    grep -o '"weights_hash":.*' run.jsonl
done | sort -u | wc -l
