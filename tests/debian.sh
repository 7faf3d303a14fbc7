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
