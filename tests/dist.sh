#!/bin/sh
# The tarball of `meson dist` has every file that git has. Usage: dist.sh SOURCE_ROOT BUILD_ROOT MESON
set -eu
export LC_ALL=C
root=$1
build=$2
meson=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
git rev-parse --verify --quiet HEAD >"$work/head" || {
    echo 'skipped: the tree is not a git checkout'
    exit 77
}
"$meson" dist -C "$build" --no-tests --allow-dirty --formats gztar
for file in "$build"/meson-dist/*.tar.gz; do
    tar -tzf "$file" | sed 's,^[^/]*/,,; /^$/d; /\/$/d' | sort >"$work/packed"
done
git ls-tree -r --name-only HEAD | sort >"$work/tracked"
cmp "$work/tracked" "$work/packed"
