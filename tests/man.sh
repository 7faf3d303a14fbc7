#!/usr/bin/env bash
# Every tool has a man page with an item for each option of its --help and for no other, nnfs(7) lists
# it, and the pages say nothing of functions and tools that are not there. No line of a --help has more
# than 79 columns. With mandoc the pages are also looked at for mistakes.
# Usage: man.sh SOURCE_ROOT BUILD_ROOT TOOL...
# shellcheck disable=SC2013 # words
set -u
here=$(realpath "$(dirname "$0")")
man=$(mktemp -d)
trap 'rm -rf "$man"' EXIT
cp "$1"/man/nnfs.[37] "$2"/man/nnfs-*.1 "$man"
header=$1/include/nnfs/nnfs.h
shift 2
wrong=0
# shellcheck source=tests/options_of.sh
. "$here/options_of.sh"

complain() {
    echo "$*"
    wrong=$((wrong + 1))
}

# The items ".It Fl b , -batch Ns = Ns Ar N".
items_of() {
    sed -nE 's/^\.It Fl ([a-zA-Z]) , -([a-z0-9-]+).*/-\1\n--\2/p; s/^\.It Fl -([a-z0-9-]+).*/--\1/p' "$1" |
        LC_ALL=C sort
}

for tool in "$@"; do
    name=${tool##*/}
    if [ -f "$man/$name.1" ]; then
        same "man/$name.1" "$(options_of "$tool")" "$(items_of "$man/$name.1")"
    else
        complain "$name has no man page, man/$name.1"
    fi
    long=$("$tool" --help | awk 'length > 79')
    [ -z "$long" ] || complain "$name --help has lines of more than 79 columns: $long"
    grep -q "^\.It Xr $name 1$" "$man/nnfs.7" || complain "man/nnfs.7 does not list $name"
done

for function in $(sed -nE 's/^\.Fn (nnfs_[a-z_]*[a-z])( .*)?$/\1/p' "$man/nnfs.3"); do
    grep -qw "$function" "$header" || complain "man/nnfs.3: there is no $function"
done
for page in $(sed -nE 's/^\.(It )?Xr (nnfs[a-z-]*) ([0-9]).*/\2.\3/p' "$man"/nnfs* | sort -u); do
    [ -f "$man/$page" ] || complain "there is no man/$page, which other pages point to"
done

version=$(sed -nE 's/^#define NNFS_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' "$header" | paste -sd .)
for page in "$man"/*.[0-9]; do
    grep -qx "\.Os nnfs $version" "$page" || complain "man/${page##*/} is not of version $version"
done

if command -v mandoc >/dev/null; then
    # Other manuals may be installed or not; .Os names nnfs and its version, not a system.
    lint=$(mandoc -Tlint "$man"/nnfs* 2>&1 |
        grep -v 'mandoc.db\|referenced manual not found\|operating system explicitly specified')
    [ -z "$lint" ] || complain "$lint"
else
    echo 'mandoc is not here: the pages were not looked at for mistakes'
fi
echo "$# tools, $wrong wrong"
[ "$wrong" -eq 0 ]
