#!/bin/sh
# Configures, builds and runs the projects of cmake/ and meson/ against an installed copy.
# Usage: embed.sh EXAMPLES BUILD_ROOT MESON
set -eu
examples=$1
build=$2
meson=$3
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

run() {
    "$@" >"$stage/log" 2>&1 || {
        cat "$stage/log"
        exit 1
    }
}

run env DESTDIR="$stage" "$meson" install -C "$build" --no-rebuild
pc=$(find "$stage" -name nnfs.pc)
# A sysroot would move the folders of the libraries that nnfs needs, too.
sed "s|^prefix=|prefix=$stage|" "$pc" >"$stage/nnfs.pc"
mv "$stage/nnfs.pc" "$pc"
export PKG_CONFIG_PATH="${pc%/*}" LD_LIBRARY_PATH="${pc%/pkgconfig/*}"

run "$meson" setup "$stage/of-meson" "$examples/meson"
run "$meson" compile -C "$stage/of-meson"
"$stage/of-meson/embedding"
if command -v cmake >/dev/null; then
    run cmake -S "$examples/cmake" -B "$stage/of-cmake"
    run cmake --build "$stage/of-cmake"
    "$stage/of-cmake/embedding"
else
    echo "no CMake here: its project was not built"
fi
