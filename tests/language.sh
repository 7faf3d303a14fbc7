#!/usr/bin/env bash
# The phrases that make text hard to read are in no comment, message, man page or document.
# C has at most 100 columns, comments too, except expectations that a program wrote.
# Usage: language.sh SOURCE_ROOT
set -eu
cd "$1"
find src include bench examples tests -name '*.[ch]' ! -name '*_expected.h' -print0 | sort -z | xargs -0 awk '
length > 100 { printf "%s:%d: %d columns\n", FILENAME, FNR, length; found = 1 }
END { exit found }'
# shellcheck disable=SC2016 # awk fields, not the shell's
find include src man docs bench examples .ci bootstrap README.md CONTRIBUTING.md CHANGELOG.md SECURITY.md \
    data/README.md tests -type f ! -name '*.svg' ! -name '*.png' ! -path 'tests/data/*' ! -path 'tests/golden/*' \
    ! -path 'tests/fuzz/*' ! -name language.sh -print0 | sort -z | xargs -0 awk '
# A phrase may be broken over two lines, behind the mark of a comment.
FNR == 1 { before = "" }
{
    line = tolower($0)
    gsub(/^[ \t]*(\*|#|\/\/|\/\*)?[ \t]*/, "", line)
    text = " " before " " line " "
    if (text ~ /[^a-z](so many|likewise|whatever|nobody|where there (is|are) none|is to be|what is there)[^a-z]/) {
        printf "%s:%d: %s\n", FILENAME, FNR, $0
        found = 1
        line = ""
    }
    count = split(line, words, " ")
    before = words[count - 2] " " words[count - 1] " " words[count]
    if (count < 3) { before = line }
}
END { exit found }'
