#!/bin/bash
# bootstrap without root and without sudo: the list of packages first, no attempt to install.
# Usage: bootstrap.sh SOURCE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
for program in sh bash awk grep sed dirname cat mktemp rm; do
    ln -s "$(command -v "$program")" "$work/bin/$program"
done
printf '#!/bin/sh\necho 1000\n' >"$work/bin/id"
printf '#!/bin/sh\necho "apt-get was called" >&2\nexit 1\n' >"$work/bin/apt-get"
chmod +x "$work/bin/id" "$work/bin/apt-get"
status=0
PATH=$work/bin BUILD=$work/build CC=cc sh "$1/bootstrap" >"$work/said" 2>&1 </dev/null || status=$?
[ "$status" = 1 ] || { echo "exit status $status"; cat "$work/said"; exit 1; }
head -n 2 "$work/said" >"$work/first"
good=1
grep -q '^bootstrap: missing here: compiler ' "$work/first" || good=0
grep -q '^bootstrap: Debian, Ubuntu:   apt-get install gcc ' "$work/first" || good=0
if grep -q 'was called' "$work/said"; then
    good=0
fi
[ $good = 1 ] || { cat "$work/said"; exit 1; }
