# One plain line an epoch where stderr is no terminal, a line that is redrawn where it is one.
make_small
run nnfs-train small -e 10 -o none
run nnfs-train small -e 1 -q -o none
command -v script >/dev/null || skip "no script(1) to make a terminal with"
script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminal can be made here"

# What a terminal of the given kind sees, with its control characters made visible. Six million
# weights and a sample a step make for an epoch long enough to be watched.
on_terminal() {
    env "$@" script -qec 'stty cols 80
        nnfs-train small -e 1 -b 1 -t 1 --hidden 3000,2000 -o none 2>&1 >/dev/null' /dev/null \
        </dev/null | cat -v
}
live='\^M\^\[\[Kepoch 1/1 '
on_terminal TERM=xterm >"$work/live"
grep -q "$live"' \^\[\[32m[#.]*\^\[\[0m  loss ' "$work/live" && echo "a bar in colour"
awk -v RS='\\^M\\^\\[\\[K' '
    { gsub(/\^\[\[[0-9]*m/, ""); sub(/\^M.*/, ""); if (length($0) > 79) exit 1 }' "$work/live" &&
    echo "no line is too long"
grep -q "$live"' loss [^#]*samples/s\^M$' "$work/live" && echo "the plain line stays"
on_terminal TERM=xterm NO_COLOR=1 >"$work/plain"
grep -q "$live"' [#.]*  loss ' "$work/plain" && ! grep -q '32m' "$work/plain" &&
    echo "a bar without colour where NO_COLOR asks for it"
on_terminal TERM=dumb >"$work/dumb"
grep -q '^epoch 1/1  loss' "$work/dumb" && ! grep -q '\^\[' "$work/dumb" &&
    echo "plain lines where TERM is dumb"
