# A folder of files is one table: the same weights as of one file.
weights() {
    nnfs-train "$@" --epochs 2 --hidden 8 --output none 2>&1 | sed -n 's/^weights *//p'
}
rows() {
    awk -v from="$1" -v to="$2" 'BEGIN {
        for (i = from; i <= to; i++) {
            printf "\"%s\",%d,\"note %d,\n\"\"%s\"\"\",%.2f\n", i % 3 ? "Wien" : "Graz", i * 7 % 41, i % 5, "x", i % 17 * 1.5
        }
    }'
}
header='city,size,note,price'
mkdir each first
{ echo "$header" && rows 1 90; } >one.csv
{ echo "$header" && rows 1 40; } | tee each/a.csv >first/a.csv
{ echo "$header" && rows 41 41; } | gzip >each/b.csv.gz
rows 41 41 >first/b.csv
{ echo "$header" && rows 42 90; } >each/c.csv
rows 42 90 >first/c.csv
echo 'not a part' >each/notes.txt
touch each/_SUCCESS each/.hidden.csv
[ "$(weights one.csv)" = "$(weights each)" ] && echo 'a header in each: the same'
[ "$(weights one.csv)" = "$(weights first/ --target price)" ] && echo 'a header in the first: the same'
run nnfs-show each
space() {
    nnfs-tune -q "$1" --seed 1 --epochs 1 --log none | sed -n 's/^ *run  *\(.*[a-z]\)  *loss .*/\1/p'
}
space one.csv
[ "$(space one.csv)" = "$(space each/)" ] && echo 'settings around the same preset'

# What is wrong names the file.
mkdir names cells text both
cp first/a.csv names/a.csv
echo 'city,size,remark,price' >names/b.csv
run nnfs-train names
cp first/a.csv cells/a.csv
echo 'Wien,3,x' >cells/b.csv
run nnfs-train cells
cp first/a.csv text/a.csv
{ rows 1 20 && echo 'Wien,3,x,dear'; } >text/b.csv
run nnfs-train text
cp one.csv both/a.csv
cp "$fixtures/npy/accept/u1.npy" both/b.npy
run nnfs-train both

# NPY files, from a stream of bytes: npy FILE ROWS COLUMNS
npy() {
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': ($2, $3), }" >"$1"
    cat >>"$1"
}
bytes() {
    awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i < to; i++) printf "%c", 33 + i * i % 89 }'
}
mkdir arrays width
bytes 0 240 | npy one.npy 60 4
bytes 0 80 | npy arrays/1.npy 20 4
bytes 80 240 | npy arrays/2.npy 40 4
[ "$(weights one.npy)" = "$(weights arrays)" ] && echo 'arrays: the same'
bytes 0 80 | npy width/1.npy 20 4
bytes 0 90 | npy width/2.npy 18 5
run nnfs-train width
bytes 0 60 | npy y.npy 60 1
run nnfs-train arrays/ --targets y.npy --test arrays/ --test-targets y.npy -e 0 --preset plain -q -o none
