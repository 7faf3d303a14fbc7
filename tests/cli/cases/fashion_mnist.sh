# Fashion-MNIST where Debian's package puts it, found by its name: an epoch gets most of the clothes right.
[ -d /usr/share/datasets/fashion-mnist ] || skip "the package dataset-fashion-mnist is not installed"
unset NNFS_DATA
nnfs-train fashion-mnist -q -e 1 -o none --log run.jsonl
grep -o '/usr/share/datasets/fashion-mnist"' run.jsonl | sort -u
sed -n '/"event":"end"/s/.*"test_accuracy":\([0-9.]*\).*/\1/p' run.jsonl |
    awk '{ print ($1 > 0.82 ? "above 82 %" : "only " $1) }'
