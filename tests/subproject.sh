#!/bin/sh
# A project with nnfs under subprojects/nnfs, without a wrap file, gets it through dependency('nnfs') as
# a shared and as a static library, and builds neither tools nor tests nor benchmarks of nnfs,
# nor looks for cmocka. Usage: subproject.sh SOURCE_ROOT MESON
set -eu
root=$1
meson=$2
parent=$(mktemp -d)
trap 'rm -rf "$parent"' EXIT

mkdir -p "$parent/subprojects/nnfs"
for part in meson.build meson_options.txt src include man; do
    cp -R "$root/$part" "$parent/subprojects/nnfs/"
done
cat >"$parent/meson.build" <<'MESON'
project('parent', 'c', default_options: ['c_std=c11', 'warning_level=3'])
nnfs = dependency('nnfs', version: '>=0.2')
test('program', executable('program', 'program.c', dependencies: nnfs))
MESON
cat >"$parent/program.c" <<'PROGRAM'
#include <nnfs/nnfs.h>
#include <stdio.h>

int main(void)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    return puts(nnfs_version()) < 0;
}
PROGRAM

for library in shared static; do
    build=$parent/build-$library
    {
        "$meson" setup "$build" "$parent" -Ddefault_library=$library --force-fallback-for=nnfs &&
            "$meson" compile -C "$build" &&
            "$meson" test -C "$build"
    } >"$build.log" 2>&1 || {
        cat "$build.log"
        exit 1
    }
    extra=$("$meson" introspect --targets "$build" | grep -oE '"name": "(nnfs-|test_|tools-|gemm_vs|infer)[^"]*"' |
        grep -v nnfs-internal) || true
    [ -z "$extra" ] || {
        echo "a subproject builds more than the library: $extra"
        exit 1
    }
    ! grep -q 'cmocka found' "$build.log" || {
        echo "a subproject looks for cmocka"
        exit 1
    }
    echo "$library: a parent project's program runs"
done
