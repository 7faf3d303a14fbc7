#!/usr/bin/env bash
# What docs/*.md says of the tree is so: every link leads to a file, and where its text is a name in
# backticks that file defines it; every other name and path in backticks is somewhere in the tree; every
# heading that is pointed to is there; and the step by hand comes out as docs/one_step.c prints it.
# Usage: docs.sh SOURCE_ROOT ONE_STEP
# shellcheck disable=SC2016 # backticks of Markdown, not of the shell
set -u
one_step=$(realpath "$2")
cd "$1" || exit 1
wrong=0
links=0
names=0

complain() {
    echo "$*"
    wrong=$((wrong + 1))
}

# Lines FILE|TEXT|TARGET, one a link.
links_of() {
    grep -oE '\[[^][]+\]\([^()[:space:]]+\)' "$1" | sed -E 's/^\[(.*)\]\((.*)\)$/\1|\2/'
}

# The heading's anchor, as GitHub makes it.
anchors_of() {
    sed '/^```/,/^```$/d' "$1" | sed -nE 's/^#+ +(.*)/\1/p' | tr '[:upper:]' '[:lower:]' |
        sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# A definition begins its line: nothing but its type, or a macro's name, stands before it.
defines() {
    grep -qE "^(#define +|[A-Za-z_][A-Za-z0-9_ *]*[ *(])?$2\b" "$1" && return
    grep -qE "^(typedef .*|\} )\b$2\b" "$1"
}

check_link() {
    local page=$1 text=$2 target=$3 file
    links=$((links + 1))
    case $target in
    https://* | http://*) return ;;
    '#'*)
        anchors_of "$page" | grep -qx -- "${target#\#}" || complain "$page: no heading for $target"
        return
        ;;
    esac
    file=${page%/*}/${target%%#*}
    if [ ! -e "$file" ]; then
        complain "$page: $target is not there"
    elif [[ $text =~ ^\`([A-Za-z_][A-Za-z0-9_]*)\`$ ]]; then
        names=$((names + 1))
        defines "$file" "${BASH_REMATCH[1]}" || complain "$page: $target does not define ${BASH_REMATCH[1]}"
    fi
}

# Names with an underscore and paths of the tree, in backticks but outside of links.
check_words() {
    local page=$1 word
    while read -r word; do
        names=$((names + 1))
        if [[ $word == */* ]]; then
            [ -e "$word" ] || complain "$page: $word is not there"
        else
            grep -rqwE -- "$word" src include || complain "$page: nothing in src/ is called $word"
        fi
    done < <(sed -E '/^```/,/^```$/d; s/\[[^][]+\]\([^()]+\)//g' "$page" | grep -oE '`[^`]+`' | tr -d '`' |
        grep -E '^([a-z][a-z0-9]*(_[a-z0-9]+)+|(src|tests|docs|include|bench|data)/[^ ]+)$' | sort -u)
}

for page in docs/*.md; do
    while IFS='|' read -r text target; do
        check_link "$page" "$text" "$target"
    done < <(links_of "$page")
    check_words "$page"
done

diff -u <(sed -n '/^```output of one_step$/,/^```$/p' docs/math.md | sed '1d;$d') <("$one_step") ||
    complain 'docs/math.md: the step by hand is not what docs/one_step.c prints'

echo "$links links, $names names, $wrong wrong"
[ "$links" -gt 50 ] && [ "$names" -gt 50 ] && [ "$wrong" -eq 0 ]
