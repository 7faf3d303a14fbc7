# Runs of blanks are a delimiter.
cp "$fixtures"/field/* .
for name in spaces.data spaces-commas.txt comma-space-mixed.csv; do
    nnfs-train --preset plain "$name" -e 1 -o none 2>&1 | sed -n '2,/^predicts/p'
done
printf ' 0.00632  18.00   2.310  0  0.5380\n 0.02731   0.00   7.070  0  0.4690\n 0.02729   0.00   7.070  0  0.4690\n' >housing.data
nnfs-train --preset plain housing.data -e 1 -o none 2>&1 | sed -n '2,/^predicts/p'
printf 'AAT_ECOLI   0.49  0.29  cp\nACEA_ECOLI  0.07  0.40  im\nACEK_ECOLI  0.56  0.40  cp\n' >ecoli.data
nnfs-train --preset plain ecoli.data -e 1 -o none 2>&1 | sed -n '2,/^predicts/p'
printf 'a\tb  y\n1 \t2 3\n"4 5" 6  7\n1 3 4\n"4 5" 1 2\n"4 5" 1 3\n' >quoted.data
run nnfs-train --preset plain quoted.data -q -e 1 -o none --delimiter blank --categorical a
