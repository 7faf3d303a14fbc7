#!/usr/bin/env bash
# Every file and folder of the tree that a comment, a script or a document names exists.
# Usage: pointers.sh SOURCE_ROOT
set -u
cd "$1" || exit 1
if git ls-files -z >/dev/null 2>&1; then
    list() { git ls-files -z; }
else
    list() { find . -type d \( -name .git -o -name 'build*' \) -prune -o -type f -printf '%P\0'; }
fi

# Lines FILE:PATH. Paths from the root, and C files named by their folder: "base/file.h". Headers of the
# system, placeholders, what is built or installed, and a file of Random123's are not of the tree.
named() {
    list | grep -zE '\.(c|h|cpp|md|sh|py|build)$|^(bootstrap|\.ci/run|bench/p[a-z]+)$|^man/' |
        grep -zvE '^tests/(data|fuzz/corpus|golden)/|^tests/pointers.sh$|^CHANGELOG.md$' |
        xargs -0 grep -oHE '(^|[^][A-Za-z0-9_./$}*-])((src|tests|docs|include|bench|completion|man|examples)/[A-Za-z0-9_.-][A-Za-z0-9_./-]*|[a-z_]+/[a-z0-9_]+\.[ch])\b' |
        sed -E 's/^([^:]*):[^A-Za-z]?/\1:/; s/[.]$//' |
        grep -vE ':sys/|:.*[A-Z]{4}|\.so$|man/man[0-9]|:tests/kat_vectors$' | sort -u
}

wrong=0
count=0
while IFS=: read -r file path; do
    count=$((count + 1))
    for base in . src src/tools include "${file%/*}" "${file%/*}/.." tests bench; do
        [ ! -e "$base/$path" ] || continue 2
    done
    echo "$file names $path, which does not exist"
    wrong=$((wrong + 1))
done < <(named)
echo "$count names, $wrong wrong"
[ "$count" -gt 100 ] && [ "$wrong" -eq 0 ]
