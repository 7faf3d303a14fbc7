# One-hot rows and text are classes.
cp "$fixtures"/field/* .
for labels in y-onehot y-str; do
    nnfs-train --preset plain x-c.npy --targets "$labels.npy" -e 1 -o $labels 2>&1 | grep '^predicts'
    nnfs-eval $labels x-c.npy --targets "$labels.npy" | head -1
done
