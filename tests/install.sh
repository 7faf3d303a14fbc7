#!/bin/sh
# What `meson install` puts down works for somebody else: the library has its soversion, the header
# and nnfs.pc are found by pkg-config, a small program builds against them and runs, and every tool
# says its version and has its man page and its completion. Usage: install.sh BUILD_ROOT VERSION MESON COMPILER...
set -eu
build=$1
version=$2
meson=$3
shift 3
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

DESTDIR=$stage "$meson" install -C "$build" --no-rebuild >"$stage/log" || {
    cat "$stage/log"
    exit 1
}
pc=$(find "$stage" -name nnfs.pc)
library=$(find "$stage" -name "libnnfs.so.$version")
libdir=$(dirname "$library")
[ -f "$pc" ] && [ -f "$library" ]
[ "$(readlink "$libdir/libnnfs.so")" = libnnfs.so.0 ]

# nnfs.pc as a user finds it, but under the stage.
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$stage"
[ "$(pkg-config --modversion nnfs)" = "$version" ]
cat >"$stage/program.c" <<'PROGRAM'
#include <nnfs/nnfs.h>
#include <stdio.h>

int main(void)
{
    return puts(nnfs_version()) < 0;
}
PROGRAM
# shellcheck disable=SC2046 # flags are words
"$@" -std=c11 -Wall -Werror "$stage/program.c" $(pkg-config --cflags --libs nnfs) -o "$stage/program"
readelf -d "$stage/program" | grep -q 'NEEDED.*\[libnnfs\.so\.0\]'
export LD_LIBRARY_PATH="$libdir"
[ "$("$stage/program")" = "$version" ]
echo "library, header and nnfs.pc work for a program of their own"

prefix=${libdir%/lib*}
for tool in "$prefix"/bin/*; do
    [ -x "$tool" ] || continue
    "$tool" --version | grep -qF "$version" || {
        echo "${tool##*/} --version does not say $version"
        exit 1
    }
    echo "${tool##*/} works where it was installed"
done

share=$prefix/share
for tool in "$prefix"/bin/*; do
    name=${tool##*/}
    for file in "man/man1/$name.1" "bash-completion/completions/$name" \
        "fish/vendor_completions.d/$name.fish"; do
        [ -s "$share/$file" ] || {
            echo "$name comes without share/$file"
            exit 1
        }
    done
    head -n 1 "$share/zsh/site-functions/_nnfs" | grep -qwF -- "$name" || {
        echo "share/zsh/site-functions/_nnfs is not for $name"
        exit 1
    }
done
for file in man/man3/nnfs.3 man/man7/nnfs.7; do
    [ -s "$share/$file" ] || {
        echo "share/$file was not installed"
        exit 1
    }
done
echo "man pages and completion lie beside them"
