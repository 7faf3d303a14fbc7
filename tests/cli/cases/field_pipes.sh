# A million random bytes through every reader by pipe: one sentence, exit status 4.
python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(18).randbytes(1000000))' >bytes
make_small
nnfs-train -q small -e 1 -o pictures
printf 'a,b,y\n1,2,x\n3,4,z\n5,6,x\n7,8,z\n' >table.csv
nnfs-train -q table.csv -e 1 -o table
try() {
    local status
    "$@" <input >out 2>err
    status=$?
    [ "$status" = 4 ] && [ "$(grep -c '^nnfs-[a-z]*: ' err)" = 1 ] && [ "$(wc -l <err)" = 1 ] && return
    echo "$* => $status"
    cat err
}
# What the bytes begin with chooses the reader, and --format forces one.
for magic in '' '\x93NUMPY\x01\x00' 'PK\x03\x04' '\x00\x00\x08\x03' '\x1f\x8b\x08\x00' '\xff\xfe' '\xfe\xff' \
    '\xef\xbb\xbf' 'a,b\n1,2\n'; do
    { printf '%b' "$magic"; cat bytes; } >input
    for format in '' csv npy npz; do
        try nnfs-train -q - -o none ${format:+--format $format}
        try nnfs-predict -q table - ${format:+--format $format}
        try nnfs-eval -q table /dev/stdin ${format:+--format $format}
        try nnfs-show - ${format:+--format $format}
    done
    for encoding in latin1 cp1252 UTF-16LE UTF-32; do
        try nnfs-train -q - -o none --format csv --encoding "$encoding"
    done
done
# Models and run logs are files.
cp bytes input
try nnfs-predict -q bytes table.csv
try nnfs-train -q table.csv --from bytes -o none
try nnfs-report bytes -o report.html
echo done
