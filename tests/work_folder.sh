# Makes a folder for a test in $work and removes it in the end; sourced by the scripts. In memory where
# there is room, as these tests sync thousands of files.
# shellcheck shell=bash
room=$(df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "${room:-0}" -ge 1000 ]; then
    work=$(mktemp -d -p /dev/shm) || exit 1
else
    work=$(mktemp -d) || exit 1
fi
trap 'rm -rf "$work"' EXIT

# preloadable FILE: prints the path of a copy that LD_PRELOAD, which splits at blanks and colons, can hold.
preloadable() {
    cp "$1" "$work/${1##*/}" && echo "$work/${1##*/}"
}
