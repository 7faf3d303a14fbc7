#!/usr/bin/env bash
# The completion for a shell offers each option of a tool's --help and no other, and for options that
# take a name those that the library knows.
# Usage: completion.sh bash|zsh|fish BUILD_ROOT NAMES TOOL...
# shellcheck disable=SC2001,SC2016 # sed reads better; what is in single quotes is for other shells
set -u
here=$(realpath "$(dirname "$0")")
shell=$1
completion=$(realpath "$2")/completion
names=$(realpath "$3")
shift 3
wrong=0
# shellcheck source=tests/options_of.sh
. "$here/options_of.sh"
if ! command -v "$shell" >/dev/null; then
    echo "skipped: $shell is not here"
    exit 77
fi

# ---- What is offered, a line each ----

# As bash does it: words are cut at = and : too.
offered_by_bash() (
    # shellcheck source=/dev/null
    . "$completion/nnfs.bash"
    COMP_LINE=$1
    COMP_POINT=${#COMP_LINE}
    read -ra COMP_WORDS <<<"$(echo "$COMP_LINE" | sed 's/[=:]/ & /g')"
    [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _nnfs "${COMP_WORDS[0]}"
    printf '%s\n' "${COMPREPLY[@]}"
)

# What zsh's own _arguments is told: options from '(-b --batch)-b+[..]' and '--batch=[..]:..:(values)'.
specs_for_zsh() {
    zsh -f -c '_arguments() { shift; print -rl -- "$@" }; service=$1; . $2/_nnfs' - "$1" "$completion"
}

# What its function $1 adds, by compadd -S SUFFIX WORDS.
added_by_zsh() {
    zsh -f -c '_arguments() { }; compset() { return 1 }; compadd() { print -l ${@[3,-1]} }
        service=nnfs-train; . $2/_nnfs; $1' - "$1" "$completion"
}

offered_by_fish() {
    fish --no-config -c 'source $argv[1]/nnfs.fish; complete -C $argv[2]' "$completion" "$1" |
        cut -f 1
}

# ---- The same of each shell ----

bash_options() {
    offered_by_bash "$1 -" | tr -d =
}

zsh_options() {
    specs_for_zsh "$1" | sed -E 's/^\([^)]*\)//' | grep -oE '^--?[a-zA-Z0-9-]+'
}

fish_options() {
    { offered_by_fish "$1 -" && offered_by_fish "$1 --"; } | sort -u
}

# The same behind a blank as behind an equals sign.
bash_values() {
    local offered
    offered=$(offered_by_bash "nnfs-train $1=")
    [[ $(offered_by_bash "nnfs-train $1 ") == "$offered" ]] || echo "other values behind '$1 '"
    echo "$offered"
}

zsh_values() {
    case $1 in
    --init | --loss | --schedule) added_by_zsh "_nnfs_${1#--}" ;;
    *)
        specs_for_zsh nnfs-train | grep -- "^$1=" | sed -E 's/.*:\(?//; s/\)$//' |
            sed -E 's/.*activation (identity)/\1/' | tr ' ' '\n'
        ;;
    esac
}

fish_values() {
    offered_by_fish "nnfs-train $1=" | sed 's/^--[a-z-]*=//'
}

for tool in "$@"; do
    name=${tool##*/}
    same "$name, options" "$(options_of "$tool")" "$("${shell}_options" "$name" | LC_ALL=C sort)"
done
for option in --activation --output-activation --init --loss --optimizer --schedule --scale; do
    same "values of $option" "$("$names" | sed -n "s/^$option //p" | LC_ALL=C sort)" \
        "$("${shell}_values" "$option" | LC_ALL=C sort)"
done

# ---- bash, further ----

# expect LINE WORD...: what is offered there
expect() {
    local line=$1
    shift
    same "'$line'" "$(printf '%s\n' "$@" | LC_ALL=C sort)" \
        "$(offered_by_bash "$line" | LC_ALL=C sort)"
}

if [ "$shell" = bash ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$work" || exit 1
    unset NNFS_DATA XDG_DATA_HOME
    export HOME=$work/home
    mkdir -p home/.local/share/nnfs/mnist data/iris sets/houses
    touch data/wine.csv data/README.md data/iris/plot.svg mine.safetensors mine.txt runs.jsonl y.npy

    expect 'nnfs-train --los' '--loss='
    expect 'nnfs-train --loss=m' mse mae
    expect 'nnfs-train --loss m' mse mae
    expect 'nnfs-train --activation=relu,t' relu,tanh
    expect 'nnfs-train --activation relu,sig' relu,sigmoid
    expect 'nnfs-train --schedule=cosi' cosine
    expect 'nnfs-train --schedule=step:' every= factor= warmup=
    expect 'nnfs-train --schedule=plateau:floor=0.1,pa' '0.1,patience='
    expect 'nnfs-train --schedule=step:every=' ''
    expect 'nnfs-train --init=n' normal:
    expect 'nnfs-train -b ' full
    expect 'nnfs-train --batch=f' full
    expect 'nnfs-train --lr ' ''
    expect 'nnfs-train ' digits mnist iris wine.csv data home sets mine.safetensors mine.txt \
        runs.jsonl y.npy
    expect 'nnfs-train --lr 0.1 -q m' mnist mine.safetensors mine.txt
    expect 'nnfs-train --schedule=step:every=2 mni' mnist
    expect 'nnfs-train mnist ' ''
    expect 'nnfs-train --test=m' mnist mine.safetensors mine.txt
    expect 'nnfs-train --targets ' data home sets y.npy
    expect 'nnfs-train --output=mi' mine.safetensors mine.txt
    expect 'nnfs-train --resume ' data home sets
    expect 'nnfs-train sets/' sets/houses
    expect 'nnfs-eval ' data home sets mine.safetensors
    expect 'nnfs-eval --split=t' train test
    expect 'nnfs-eval mine.safetensors w' wine.csv
    expect 'nnfs-predict -o mi' mine.safetensors mine.txt
    expect 'nnfs-predict -t 2 mine.safetensors dig' digits
    expect 'nnfs-tune --loss=mse,m' mse,mse mse,mae
    expect 'nnfs-tune -j 2 --plot=data/iris/p' data/iris/plot.svg
    expect 'nnfs-tune --lr 0.1,0.2 dig' digits
    expect 'nnfs-report runs.jsonl ' data home sets runs.jsonl
    NNFS_DATA=sets expect 'nnfs-predict mine.safetensors ho' houses home
fi
echo "$# tools, $wrong wrong"
[ "$wrong" -eq 0 ]
