#!/usr/bin/env bash
# The Debian packages build in a copy of the tree, lintian has no errors, and the tools run from what the packages
# hold. Usage: debian.sh SOURCE_ROOT
set -euo pipefail
root=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/nnfs"
cd "$root"
git ls-files -z | tar --null --files-from=- --create --file=- | tar --extract --directory="$work/nnfs"
cd "$work/nnfs"
DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b
cd "$work"
lintian --fail-on error nnfs_*.changes
for package in libnnfs0_*.deb libnnfs-dev_*.deb nnfs_*.deb; do
    dpkg-deb --extract "$package" installed
done
libraries=$(dirname "$(find "$PWD/installed" -name 'libnnfs.so.0')")
export LD_LIBRARY_PATH=$libraries
installed/usr/bin/nnfs-train digits --hidden 8 --epochs 1 --quiet --output model.safetensors
installed/usr/bin/nnfs-predict --quiet model.safetensors digits -o predictions.csv
head -n 2 predictions.csv
test -e installed/usr/include/nnfs/nnfs.h
test -e "$libraries/pkgconfig/nnfs.pc"
test -e "$libraries/libnnfs.a"

# What docs/deploy.md says of each file: its size, to a quarter, and the libraries that it needs.
needs() {
    readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\.so.*/\1/p' | grep -vxE 'libc|libm|ld-linux-x86-64' |
        sed 's/libopenblas/OpenBLAS/; s/libjansson/jansson/; s/libz/zlib/; s/libxxhash/xxHash/; s/libprotobuf/protobuf/' |
        sort
}
rows=0
while IFS='|' read -r _ name size wanted _; do
    name=$(tr -d '` ' <<<"$name")
    file=$(find installed/usr/bin installed/usr/lib -name "$name" -type f)
    bytes=$(stat --format %s "$file")
    echo "$name: $bytes bytes, documented $size"
    awk -v a="$bytes" -v b="$size" 'BEGIN { sub(/ kB/, "", b); b *= 1000; exit !(a < 1.25 * b && b < 1.25 * a) }'
    diff <(tr ',' '\n' <<<"$wanted" | sed 's/ //g' | sort) <(needs "$file")
    rows=$((rows + 1))
done < <(grep -E '^\| `(libnnfs|nnfs-)' "$root/docs/deploy.md")
test "$rows" -eq 9
