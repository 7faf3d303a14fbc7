# field.md S5: what a terminal might obey reaches none: of file names, cells and class names. Files and
# pipes keep the bytes.
make_small
cp "$fixtures"/field/{c1-cell,esc-classes}.csv .
controls() {
    grep -c -P '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]'
}
name=$'a\e]0;title\ab\xc2\x9b31mc\xe2\x80\xaed\nfile'
cp -r small "$name"
model=$'m\e[31m\xe2\x81\xa6.safetensors'
run nnfs-train --preset plain "$name" -e 1 -o "$model"
run nnfs-eval "$model" "$name" --calibration | head -n 4
run nnfs-train --preset plain -q $'\xc2\x9b31m\xe2\x80\xaenothing' -o none
run nnfs-show c1-cell.csv
run nnfs-train --preset plain -e 0 -o classes.safetensors esc-classes.csv

# Overlong forms are no letters.
cp -r small $'x\xc0\x9b\xe0\x82\x9by'
run nnfs-train --preset plain $'x\xc0\x9b\xe0\x82\x9by' -e 0 -o none

# Predictions: to a pipe as they are, to a terminal cleaned.
nnfs-predict -q classes.safetensors esc-classes.csv | controls
script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminal can be made here"
script -qec "nnfs-predict -q classes.safetensors esc-classes.csv" /dev/null </dev/null |
    tr -d '\r' | tee seen | controls
head -n 2 seen | cut -d, -f 1
