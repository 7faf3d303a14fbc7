# A model whose header has more than 8,000,000 bytes is saved and read again: 100 columns of 100 categories
# whose names have 900 bytes. What a file has no room for is told before the first step.
make_table() { # COLUMNS BYTES_OF_A_NAME
    awk -v columns="$1" -v bytes="$2" 'BEGIN {
        name = "x"
        while (length(name) < bytes) name = name name
        name = substr(name, 1, bytes - 4)
        for (i = 0; i < columns; i++) printf "c%d,", i
        print "y"
        for (row = 0; row < 200; row++) {
            cell = (row % 100 + 1000) name ","
            for (i = 0; i < columns; i++) printf "%s", cell
            print row % 7 / 7
        }
    }'
}
make_table 100 900 >long.csv
run nnfs-train -q long.csv -e 1 --test 0 -o long
[ "$(wc -c <long)" -gt 8000000 ] && echo "more than 8,000,000 bytes"
nnfs-predict -q long long.csv | wc -l
make_table 110 9500 | gzip -1 >longer.csv.gz
run nnfs-train -q longer.csv.gz -e 1 --test 0 -o longer --log run.jsonl
ls longer run.jsonl 2>&1 | sed 's/ls: //'
