#!/bin/sh
# No file of the tree names a path of the machine it was written on. Usage: machine_paths.sh ROOT
set -eu
cd "$1"
pattern='(^|[^[:alnum:]_./~-])/(home|root|work|Users|tmp/bash_jobs)[^[:space:]]*/'

# The files git knows or would add; outside a clone, all but build folders.
if git ls-files --cached --others --exclude-standard -z >/dev/null 2>&1; then
    list() { git ls-files --cached --others --exclude-standard -z; }
else
    list() { find . -type d \( -name .git -o -name 'build*' \) -prune -o -type f -print0; }
fi

files=$(list | tr -dc '\0' | wc -c)
found=$(list | xargs -0 grep -nIE "$pattern" /dev/null || true)
[ -z "$found" ] || printf '%s\n' "$found"
echo "$files files"
[ "$files" -gt 0 ] && [ -z "$found" ]
