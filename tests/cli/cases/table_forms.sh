# However a table is written, the model is the same, bit for bit.
cp "$fixtures"/table/flats* .
weights() {
    nnfs-train --preset plain "$@" -e 3 -o none 2>/dev/null | grep '^weights'
}
first=$(weights flats.csv)
[ -n "$first" ] && echo "trained"
same() {
    local name=$1
    shift
    [ "$first" = "$(weights "$@")" ] && echo "the same $name"
}
same "twice" flats.csv
same "with one thread" flats.csv -t 1
sed 's/$/\r/' flats.csv >crlf.csv
same "with CRLF" crlf.csv
gzip -c flats.csv >flats.csv.gz
same "gzipped" flats.csv.gz
(printf '\xef\xbb\xbf' && cat flats.csv) >bom.csv
same "with a BOM" bom.csv
same "with semicolons" flats_semicolon.csv
same "with tabs" flats.tsv
same "with tabs, told" flats.tsv --delimiter tab
same "quoted" flats_quoted.csv
head -c -1 flats.csv >unended.csv
same "without a final newline" unended.csv
same "by the target's number" flats.csv --target 11
same "by its name" flats.csv --target price
same "with a word for missing" flats_dashes.csv --missing -
[ "$first" != "$(weights flats.csv --weight-column weight)" ] && echo "weighted, other weights"
first_sold=$(weights flats.csv --target sold)
[ "$first_sold" != "$(weights flats.csv --target sold --class-weight no=3)" ] &&
    echo "classes weighted, other weights"
[ "$first" != "$(weights flats.csv -s 2)" ] && echo "another seed, other weights"
[ "$first" != "$(weights flats.csv --scale minmax)" ] && echo "another scale, other weights"
tail -n +2 flats.csv >headless.csv
run nnfs-train --preset plain headless.csv -q -e 1 -o headless --header no
nnfs-predict -q headless headless.csv --header no | head -1
