# Headers made of numbers are recognised, and the summary says how the first line was read.
cp "$fixtures"/field/* .
for name in pandas-default-int pandas-index-default numeric-header-years; do
    nnfs-train --preset plain "$name.csv" -e 1 -o none 2>&1 | sed -n '2,/^predicts/p'
done
# Numbers that are data stay data, and --header decides.
printf '%s\n' 3,7,1 2,5,0 4,8,1 1,6,0 5,9,1 2,8,0 >data.csv
nnfs-train --preset plain data.csv -e 1 -o none 2>&1 | grep '^read'
nnfs-train --preset plain data.csv -e 1 -o none --header yes 2>&1 | grep '^read'
nnfs-train --preset plain numeric-header-years.csv -e 1 -o none --header no 2>&1 | grep '^read'
