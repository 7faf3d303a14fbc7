# Dates become the time elapsed and the cycles they go through; a model keeps how they are written.
cp "$fixtures"/field/* .
show() {
    nnfs-train --preset plain "$@" 2>&1 | sed -n '/^  column/,/^predicts/p'
}
show dates.csv -e 1 -o model
nnfs-predict -q model dates.csv >one
nnfs-predict -q model dates.csv -t 1 >two
cmp one two && nnfs-eval model dates.csv | head -1
weights() {
    nnfs-train --preset plain "$@" -e 2 -o none 2>/dev/null | grep '^weights'
}
# The same days in other forms.
dates() {
    echo when,a,y
    for ((i = 0; i < 60; i++)); do
        echo "$(date -u -d "2019-12-20 + $((i * 5)) days" "+$1"),$((i * 7 % 11)).5,$((i * 3 % 7)).25"
    done
}
dates %Y-%m-%d >iso.csv
first=$(weights iso.csv)
[ -n "$first" ] && echo trained
for format in %d.%m.%Y %d/%m/%Y %m/%d/%Y '%d %b %Y' '%b %d %Y' %Y/%m/%d; do
    dates "$format" >other.csv
    [ "$first" = "$(weights other.csv)" ] && echo "the same as $format"
done
# Day or month: asked for.
awk 'BEGIN { print "when,y"; for (i = 1; i < 12; i++) print i "/" 12 - i "/2019," i * 3 % 7 ".5" }' >which.csv
run nnfs-train --preset plain which.csv -q -o none
show which.csv -e 1 -o day --date-format %d/%m/%Y
show which.csv -e 1 -o month --date-format %m/%d/%Y
# A model knows; one row is enough to read its format, and another format is refused.
head -2 which.csv >row.csv
nnfs-predict -q day row.csv >day.txt; nnfs-predict -q month row.csv >month.txt
cmp -s day.txt month.txt || echo "read as the model's"
printf 'when,y\n2019-01-02,1\n' >iso-row.csv
run nnfs-predict day iso-row.csv
show which.csv -e 1 -o none --date-format none --drop y --target 2 2>/dev/null | head -1
nnfs-show day | grep when
# An impossible day is no date.
sed '5s/^[^,]*/2019-02-30/' iso.csv >wrong.csv
show wrong.csv -e 1 -o none
