# NPY: features and targets in files of their own, or together; with what makes no sense refused.

# npy FILE DESCR SHAPE: the header, then what comes on stdin.
npy() {
    local dict="{'descr': '$2', 'fortran_order': False, 'shape': $3, }" length
    length=$(((${#dict} + 11 + 63) / 64 * 64 - 10))
    {
        printf '\x93NUMPY\x01\0%b' "$(printf '\\x%02x\\x%02x' $((length % 256)) $((length / 256)))"
        printf "%-$((length - 1))s\n" "$dict"
        cat
    } >"$1"
}
# Bytes FROM .. of N samples: features that tell their class, and the classes.
features() {
    local i j
    for ((i = 0; i < $1; i++)); do
        for ((j = 0; j < 4; j++)); do
            printf '%b' "$(printf '\\x%02x' $(((i % 3 * 60 + j * 9 + i * 7 % 40) % 256)))"
        done
    done
}
labels() {
    local i
    for ((i = 0; i < $1; i++)); do
        printf '%b' "$(printf '\\x%02x' $((i % 3)))"
    done
}
features 90 | npy x.npy '|u1' '(90, 2, 2)'
labels 90 | npy y.npy '|u1' '(90,)'
features 30 | npy x-test.npy '|u1' '(30, 4)'
labels 30 | npy y-test.npy '|i1' '(30, 1)'
labels 29 | npy short.npy '|i1' '(29,)'
run nnfs-train --preset plain x.npy --targets y.npy -e 1 --test x-test.npy --test-targets y-test.npy -o none
run nnfs-train --preset plain -q x.npy --targets y.npy -e 60 -b 16 -o model
run brief -q model x-test.npy --targets y-test.npy
run brief -q model x-test.npy
nnfs-predict -q model x-test.npy | head -1
nnfs-predict -q model x-test.npy | tail -n +2 | cut -d, -f 1 | head -6 | tr '\n' ' '
nnfs-predict -q model x-test.npy | wc -l
run nnfs-train --preset plain -q x.npy --targets y.npy --task numbers --test 0 -e 1 -o numbers
nnfs-predict -q numbers x.npy | head -1
run nnfs-train --preset plain -q x.npy --target 1 -e 1 -o first
nnfs-predict -q first x.npy | wc -l
run nnfs-train --preset plain x.npy --targets short.npy
run nnfs-train --preset plain x.npy --targets y.npy --test x-test.npy
run nnfs-train --preset plain x.npy --targets nowhere.npy
ls
