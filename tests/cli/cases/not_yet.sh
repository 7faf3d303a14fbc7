# What is understood, but comes later.
echo 1,2,3 >table.csv
run nnfs-train ./table.csv
run nnfs-train table.csv --target 3
