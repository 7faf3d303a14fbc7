# A run of version 0.1 that was stopped one step before its end goes on, to the weights that it had then.
mkdir runs
cp "$fixtures/version-0.1/table.csv" .
cp "$fixtures/version-0.1/checkpoint.safetensors" runs/checkpoint-000002-0000000011.safetensors
run nnfs-train --resume runs --resume-anywhere --output model.safetensors
run nnfs-predict -q model.safetensors table.csv -o now.csv
paste -d , "$fixtures/version-0.1/predictions.csv" now.csv | awk -F , '
    NR == 1 { next }
    { far = $3 - $6; far = far < 0 ? -far : far; most = far > most ? far : most; rows++ }
    END { print rows " rows, " (most < 1e-5 ? "the same" : "different by " most) }'
