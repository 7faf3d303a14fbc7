# Decimal commas and thousands separators are detected where only one reading is possible.
cp "$fixtures"/field/* .
show() {
    nnfs-train --preset plain "$@" -e 1 -o none 2>&1 | sed -n '2,/^predicts/p'
}
for name in thousands.csv one-thousand.csv decimal-comma-quoted.csv decimal-comma-semicolon.csv thousands-tab.tsv; do
    show "$name"
done
# With two readings the file is refused, and an option decides.
printf 'a;y\n' >two.csv
for i in 1 2 3 4 5 6; do echo "$i,23$i;$i,10$i" >>two.csv; done
run nnfs-train --preset plain two.csv -q -o none
show two.csv --decimal comma
show two.csv --thousands comma
run nnfs-train --preset plain two.csv -q -o none --decimal none
# No header, semicolons: the commas are decimal ones.
printf '%s\n' '2,38;2,72;5,9' '5,8;3,03;15,2' '2,59;1,17;1,8' >headless.csv
nnfs-train --preset plain headless.csv -e 1 -o none 2>&1 | grep '^read'
