# On a terminal nnfs-tune redraws one line over all runs, and draws its plot in braille where the terminal
# can show it.
make_small
command -v script >/dev/null || skip "no script(1) to make a terminal with"
script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminal can be made here"

# What a terminal sees, with its control characters made visible.
on_terminal() {
    env "$@" script -qec "stty cols 60
        nnfs-tune small --lr 0.1,0.01 -e 1500 --hidden 300 --log none" /dev/null </dev/null
}
on_terminal TERM=xterm LC_ALL=C.UTF-8 >live
# Without its control sequences, each picture of the line and each plain line on a line of its own.
sed -E 's/\x1b\[\?2026[hl]/\n/g; s/\x1b\[[0-9;]*[A-Za-z]//g; s/\r/\n/g' live >lines
grep -qE '^0/2 runs  .+ +[0-9]+ %  .* left' lines && echo "one line over all runs"
[ "$(grep -cE '^[12]/2  lr 0\.0?1  1500 epochs' lines)" = 2 ] && echo "a line for each run"
LC_ALL=C sed 's/\xe2\x94[\x80-\xbf]/-/g' lines | awk '/ left/ && length($0) > 59 { exit 1 }' &&
    echo "no line is too long"
braille=$(printf '\342[\240-\243]')
LC_ALL=C grep -q "$braille" live && echo "braille"
grep -q '38;5;32m' live && echo "colour"
on_terminal TERM=xterm LC_ALL=C.UTF-8 NO_COLOR=1 >plain
grep -q '38;5;' plain || echo "no colour where NO_COLOR asks for it"
on_terminal TERM=xterm LC_ALL=C >ascii
LC_ALL=C grep -q "$braille" ascii || echo "no braille where the locale is not UTF-8"
on_terminal TERM=dumb LC_ALL=C.UTF-8 >dumb
cat -v dumb | grep -q '\^\[' || echo "no control sequence where TERM is dumb"
LC_ALL=C grep -q "$braille" dumb || echo "nor braille"
