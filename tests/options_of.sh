# shellcheck shell=bash
# For tests to source: what a tool's --help names.

# The options of the tool $1, sorted: --name and -n, a line each.
options_of() {
    env -u ARGP_HELP_FMT "$1" --help | sed -nE 's/^ {1,6}((-[a-zA-Z]), )?(--[a-z0-9-]+).*/\2\n\3/p' | sed '/^$/d' |
        LC_ALL=C sort
}

# same WHAT LIST LIST: complains of what only one of them has.
same() {
    local difference
    difference=$(diff <(echo "$2") <(echo "$3") | grep '^[<>]')
    [ -z "$difference" ] || {
        printf '%s: < is missing there, > should not be there\n%s\n' "$1" "$difference"
        wrong=$((wrong + 1))
    }
}
