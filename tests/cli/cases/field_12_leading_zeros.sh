# Numbers with leading zeros are names, spelled as in the file.
cp "$fixtures"/field/* .
for name in codes zip; do
    nnfs-train --preset plain "$name.csv" -e 1 -o model-$name 2>&1 | sed -n '2,/^predicts/p'
done
nnfs-predict -q model-codes codes.csv | head -1
nnfs-train --preset plain zip.csv -e 1 -o none --numeric zip 2>&1 | grep '  zip'
printf 'a,y\n0.5,1\n00.5,2\n-0.25,3\n0,4\n' >numbers.csv
nnfs-train --preset plain numbers.csv -e 1 -o none 2>&1 | grep '  a'
