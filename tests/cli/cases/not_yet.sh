# What is understood, but comes later.
for schedule in step exponential cosine:5 one_cycle plateau; do
    run nnfs-train --schedule $schedule
done
echo 1,2,3 >table.csv
run nnfs-train ./table.csv
run nnfs-train table.csv --target 3
