# Text in other encodings: told, or by its byte order mark; the model is that of the same text in UTF-8.
cp "$fixtures"/field/* .
weights() {
    nnfs-train --preset plain "$@" -e 2 -o none 2>/dev/null | grep '^weights'
}
run nnfs-train --preset plain latin1.csv -q -o none
nnfs-train --preset plain latin1.csv -e 1 -o none --encoding latin1 2>&1 | grep -E '^read|ville'
nnfs-train --preset plain utf16le.csv -e 1 -o none 2>&1 | grep -E '^read|ville'
iconv -f latin1 -t UTF-8 latin1.csv >utf8.csv
for encoding in UTF-16BE UTF-32LE cp1252 UTF-7; do
    iconv -f UTF-8 -t "$encoding" utf8.csv >other.csv
    [ "$(weights utf8.csv)" = "$(weights other.csv --encoding "$encoding")" ] && echo "the same as $encoding"
done
run nnfs-train --preset plain utf8.csv -q -o none --encoding martian
head -c 1001 utf16le.csv >cut.csv
run nnfs-train --preset plain cut.csv -q -o none
