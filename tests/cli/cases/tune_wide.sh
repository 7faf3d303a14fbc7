# Each trial of a wide table leaves out the columns that tell nothing, as the first one does.
awk 'BEGIN {
    for (i = 1; i <= 300; i++) printf "x%d,", i
    print "y"
    for (row = 1; row <= 60; row++) {
        for (i = 1; i <= 300; i++) {
            seed = (seed * 1103515245 + 12345) % 2147483648
            x = seed / 1073741824 - 1
            printf "%.4f,", x
            if (i == 3) y = x
        }
        printf "%.4f\n", y
    }
}' >wide.csv
echo '$ nnfs-tune wide.csv --folds 2 --epochs 4 --lr 0.01,0.0100001,0.0100002'
nnfs-tune wide.csv --folds 2 --epochs 4 --lr 0.01,0.0100001,0.0100002 2>&1 |
    awk '$2 ~ /^0.01/ { trials++; if (!($4 in seen)) { seen[$4]; different++ } }
        END { print trials " trials, validation RMSE to four digits: " different }'
