# Files as they are found give the weights that the same table gives when written plainly.
weights() {
    nnfs-train --preset plain "$@" -e 2 -o none --test 0 2>/dev/null | grep '^weights'
}
# compare NAME CLEAN FILE OPTIONS: both with the same rows, options of the second.
compare() {
    local name=$1 clean=$2
    shift 2
    local wanted
    wanted=$(weights "$clean" --header no)
    [ -n "$wanted" ] && [ "$wanted" = "$(weights "$@")" ] && echo "the same: $name"
}
numbers() {
    awk -v rows="$1" 'BEGIN { srand(3); for (i = 0; i < rows; i++)
        printf "%.5f,%.2f,%.3f,%d,%.4f\n", rand(), rand() * 90, rand() * 9, rand() * 2, 10 + rand() * 40 }'
}
numbers 60 >clean.csv
# UCI housing.data: columns of fixed width, a blank before the first.
awk -F, '{ printf " %8.5f %6.2f %7.3f %2d %8.4f\n", $1, $2, $3, $4, $5 }' clean.csv >housing.data
compare "housing.data" clean.csv housing.data
# A pandas file with its index and a numeric header.
(echo ,0,1,2,3,4 && awk '{ print NR - 1 "," $0 }' clean.csv) >pandas.csv
wanted=$(weights clean.csv --header no)
[ "$wanted" = "$(weights pandas.csv)" ] && echo "the same: pandas"
# A European file: latin-1, semicolons, decimal commas, dates.
awk -F, '{ print $0 "," (NR % 2 ? "Genève" : "Bern") "," (NR % 3 ? "yes" : "no") }' clean.csv >towns.csv
awk -F, 'BEGIN { OFS = ";" } { for (i = 1; i <= 5; i++) gsub(/\./, ",", $i); $1 = $1; print }' towns.csv |
    iconv -f UTF-8 -t latin1 >european.csv
compare "European" towns.csv european.csv --encoding latin1 --header no
# An Excel export: UTF-16 with tabs.
(printf '\377\376' && tr , '\t' <towns.csv | sed 's/$/\r/' | iconv -f UTF-8 -t UTF-16LE) >excel.csv
compare "Excel" towns.csv excel.csv --header no
# bank.csv: semicolons and quotes.
(echo '"age";"job";"balance";"y"' &&
    awk 'BEGIN { for (i = 0; i < 60; i++) printf "%d;\"%s\";%d;\"%s\"\n", 20 + i * 7 % 50, (i % 3 ? "admin." : "self-employed"), i * 37 % 1000, (i % 4 ? "no" : "yes") }') >bank.csv
tail -n +2 bank.csv | tr -d '"' | tr ';' , >bank-clean.csv
compare "bank.csv" bank-clean.csv bank.csv
# ecoli.data: a name, numbers, a class, apart by blanks.
awk 'BEGIN { for (i = 0; i < 60; i++) printf "AAT%03d_ECOLI  0.%d  0.%d   %s\n", i, 10 + i * 7 % 80, 10 + i * 11 % 80, (i % 3 ? "cp" : "im") }' >ecoli.data
sed 's/  */,/g' ecoli.data >ecoli.csv
compare "ecoli.data" ecoli.csv ecoli.data
# adult.data with adult.test, whose first line is a comment and whose classes end with a dot.
adult() {
    awk -v dot="$1" 'BEGIN { for (i = 0; i < 60; i++) printf "%d, %s, %d, %s%s\n", 20 + i * 7 % 50, (i % 5 ? "Private" : "?"), i * 37 % 1000, (i % 4 ? "<=50K" : ">50K"), dot }'
}
adult "" >adult.data
(echo '|1x3 Cross validator' && adult .) >adult.test
nnfs-train --preset plain adult.data -q -e 1 -o adult
nnfs-eval adult adult.test 2>&1 | grep 'trained on'
adult "" >plain.test
for test in plain.test adult.test; do
    nnfs-train --preset plain adult.data --test $test -e 1 -o none 2>/dev/null | grep -E '^(test|weights)'
done | sort | uniq -c
nnfs-predict -q adult adult.test | tail -n +2 | wc -l
# Other comments before the table; the last one may be its header.
head -6 adult.data | sed 's/, /,/g' >rows.csv
{ echo '# by hand, twice' && echo '# a,b,c,d' && cat rows.csv; } >marked.csv
{ echo '% by hand' && echo '#a b c d' && tr , ' ' <rows.csv; } >blanks.txt
{ echo '# a b c d' && tr , ' ' <rows.csv; } >numpy.txt
sed 's/^/#/' rows.csv >all.csv
for file in marked.csv blanks.txt numpy.txt all.csv; do
    nnfs-train --preset plain -e 1 -o none $file --target 3 2>&1 | sed -n "s/^/$file: /; 1,4p"
done
nnfs-show marked.csv --header yes 2>&1 | head -1
# A Kaggle pair: ids count the rows of both files.
(echo Id,Area,Rooms,Price && awk 'BEGIN { for (i = 1; i <= 60; i++) print i "," 50 + i * 13 % 70 "," 1 + i % 4 "," 1000 + i * 13 % 70 * 9 }') >train.csv
(echo Id,Area,Rooms && awk 'BEGIN { for (i = 61; i <= 80; i++) print i "," 50 + i * 13 % 70 "," 1 + i % 4 }') >test.csv
cut -d, -f 2- train.csv >no-id.csv
[ "$(weights train.csv)" = "$(weights no-id.csv)" ] && echo "the same: Kaggle"
nnfs-train --preset plain train.csv -q -e 1 -o kaggle
nnfs-predict -q kaggle test.csv | wc -l
