#!/usr/bin/env bash
# data/fetch against a server on this machine: what it fetches, keeps, fetches again and refuses.
# Usage: fetch.sh PATH_OF_FETCH; exit status 77 means skipped.
set -u
export LC_ALL=C

fetch=$1
for tool in python3 gzip curl; do
    command -v $tool >/dev/null || { echo "skipped: no $tool" && exit 77; }
done
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
work=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

failures=0
# expect NAME STATUS PATTERN COMMAND...: the exit status, and a line of the output.
expect() {
    local name=$1 status=$2 pattern=$3 got=0
    shift 3
    "$@" >"$work/output" 2>&1 || got=$?
    if [ $got != "$status" ] || ! grep -q -e "$pattern" "$work/output"; then
        echo "FAILED: $name: exit status $got, not $status, or no line like '$pattern' in:"
        sed 's/^/    /' "$work/output"
        failures=$((failures + 1))
    fi
}

# A mirror with four small files, their sums (two unpacked, two packed), and a wrong mirror.
mkdir -p "$work/www/good" "$work/www/bad"
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    echo "the $file file" >"$work/file"
    gzip -c "$work/file" >"$work/www/good/$file-ubyte.gz"
    echo "another file" | gzip -c >"$work/www/bad/$file-ubyte.gz"
    case $file in
    train*) echo "$(sha256sum <"$work/file" | cut -d ' ' -f 1)  mnist/$file-ubyte" ;;
    *) echo "$(sha256sum <"$work/www/good/$file-ubyte.gz" | cut -d ' ' -f 1)  mnist/$file-ubyte.gz" ;;
    esac
done >"$work/sums"

: >"$work/server"
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/www" >"$work/server" 2>/dev/null &
server=$!
for _ in $(seq 100); do
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/server")
    [ -n "$port" ] && break
    sleep 0.1
done
[ -n "$port" ] || { echo "skipped: python3's http.server does not start" && exit 77; }
url=http://127.0.0.1:$port
to=$work/to
run=("$fetch" --sums "$work/sums" --to "$to")

expect "help" 0 '^Usage:' "$fetch" --help
expect "unknown option" 2 "unknown option '--form'" "$fetch" --form
expect "unknown set" 2 "unknown set 'emnist'" "$fetch" emnist
expect "value missing" 2 'wants a value' "$fetch" --to
expect "no sums" 1 'cannot be read' "$fetch" --sums "$work/none" --to "$to"

expect "wrong contents" 1 'SHA-256 is .*, not ' "${run[@]}" --mirror "$url/bad" mnist
expect "wrong contents are not kept" 0 '^0$' sh -c "ls -A '$to/mnist' | wc -l"
expect "not on the mirror" 1 'not to be had' "${run[@]}" --mirror "$url/none" mnist
expect "next mirror" 0 '^All is there and right' \
    "${run[@]}" --mirror "$url/none/" --mirror "$url/bad" --mirror "$url/good/" mnist
expect "unpacked contents" 0 '^the train-labels-idx1 file$' \
    gzip -dc "$to/mnist/train-labels-idx1-ubyte.gz"
expect "nothing else is left" 0 '^4$' sh -c "ls -A '$to/mnist' | wc -l"
expect "kept without a mirror" 0 'there already' "${run[@]}" --mirror http://127.0.0.1:1 mnist

head -c 20 "$work/www/good/train-images-idx3-ubyte.gz" >"$to/mnist/train-images-idx3-ubyte.gz"
expect "damaged, no mirror" 1 'no mirror has it' "${run[@]}" --mirror http://127.0.0.1:1 mnist
expect "damaged, fetched again" 0 'train-images-idx3-ubyte.gz: fetching' \
    "${run[@]}" --mirror "$url/good" mnist
expect "repaired" 0 '^the train-images-idx3 file$' \
    gzip -dc "$to/mnist/train-images-idx3-ubyte.gz"
expect "a set without sums" 1 'not on record' "${run[@]}" --mirror "$url/good" fashion-mnist

# The same without curl, and without either.
mkdir "$work/bin"
for tool in bash env dirname cat cut awk gzip sha256sum mkdir mv rm; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done
expect "neither curl nor wget" 1 'apt-get install curl' env PATH="$work/bin" "${run[@]}" mnist
if command -v wget >/dev/null; then
    ln -s "$(command -v wget)" "$work/bin/wget"
    rm -r "$to"
    expect "wget" 0 '^All is there and right' \
        env PATH="$work/bin" "${run[@]}" --mirror "$url/none" --mirror "$url/good" mnist
fi

expect "sums of the real files" 0 '^8$' \
    grep -cE '^[0-9a-f]{64}  (mnist|fashion-mnist)/(train|t10k)-(images-idx3|labels-idx1)-ubyte(\.gz)?$' \
    "$(dirname "$fetch")/SHA256SUMS"
[ $failures = 0 ] && echo "data/fetch: all right"
exit $((failures > 0))
