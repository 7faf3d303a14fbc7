# IDX data made in the shell; sourced by the tests of the tools.
# shellcheck shell=bash

# The value as four bytes, the most significant first, in the escapes of printf's %b.
be32() {
    printf '\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}

# make_idx FOLDER PREFIX SAMPLES FEATURES CLASSES: sample i is of class i mod CLASSES, and its
# features say so.
make_idx() {
    local folder=$1 prefix=$2 samples=$3 features=$4 classes=$5 images='' labels='' byte i j
    mkdir -p "$folder"
    for ((i = 0; i < samples; i++)); do
        printf -v byte '\\x%02x' $((i % classes))
        labels+=$byte
        for ((j = 0; j < features; j++)); do
            printf -v byte '\\x%02x' $(((i % classes * 50 + j * 7 + i) % 256))
            images+=$byte
        done
    done
    printf '\0\0\x08\x02%b' "$(be32 "$samples")$(be32 "$features")$images" \
        >"$folder/$prefix-images-idx3-ubyte"
    printf '\0\0\x08\x01%b' "$(be32 "$samples")$labels" \
        >"$folder/$prefix-labels-idx1-ubyte"
}
