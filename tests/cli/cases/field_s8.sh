# field.md S8: losses of 0 and too small to be normal, and epochs from 0, in a report.
for run in report-denormal-loss report-step0; do
    nnfs-report "$fixtures/field/$run.jsonl" -o $run.html >/dev/null
    echo "$run: $?, $(grep -ciE '\b(nan|inf)\b' $run.html) lines with NaN or infinity"
done
