# One plain line an epoch where stderr is no terminal, a view that stays in its place where it is one.
make_small
run nnfs-train small -e 10 -o none
run nnfs-train small -e 1 -q -o none
on_terminal 80x24 -- true >"$work/view" || skip "no terminal can be made here"

# What stands on a terminal in the end, in brackets what is not to be compared. Six million weights and
# a sample a step make for epochs long enough to be watched.
slow="small -e 2 -b 1 -t 1 --hidden 3000,2000 -o none"
# Which of its lines a curve touches depends on when it was drawn: one mark says that there is one.
view() {
    echo "\$ $*"
    timeout 250 env TERM=xterm "$@" 2>&1 | grep -v '^|$' | mask |
        sed -E -e 's/(now|best epoch|best) [0-9.e-]+( %)?/\1 B/g; s/\((epoch )?[0-9]+\)/(N)/' \
            -e "s/^\\| *('|-|\.|\xe2[\xa0-\xa3]).*/|[curve]/" \
            -e "s/ +('|\xe2[\xa0-\xa3]).*/\n|[curve]/" |
        awk '/^\|\[curve\]/ { drawn = 1; next } !/^\|/ && drawn { print "|[curve]"; drawn = 0 } 1'
}
# shellcheck disable=SC2086 # words
{
    view LC_ALL=C.UTF-8 on_terminal 80x24 -- nnfs-train $slow
    view LC_ALL=C NO_COLOR=1 on_terminal 40x10 -- nnfs-train $slow
    view on_terminal 40x3 -- nnfs-train $slow
    view TERM=dumb on_terminal 80x24 -- nnfs-train $slow
}

# While it runs: what an interrupt leaves there. An epoch that has just ended has no time left.
# shellcheck disable=SC2086
view on_terminal 80x24 2 -- nnfs-train $slow -e 100 | grep -vE '^\|(loss|accuracy|test|\[curve)' |
    sed -E -e 's/[#.]{30}/[bar]/; s/ +[0-9]+ %/ N %/' \
        -e '/^\|run/ s/, [0-9.a-z ]+ left/, T left/' \
        -e '/^\|epoch/ s/, [0-9.a-z ]+ left//' \
        -e 's# +[0-9]+/# N/#g; s/[0-9,]+ epochs?/N epochs/'

# Folds have a view each, and a line that stays.
view on_terminal 80x24 -- nnfs-train small -e 20 --folds 2 -o none | grep fold

# Stopped and gone on with on a terminal that changes its size, and interrupted; killed.
long="small -e 1000000 --hidden 50 -t 1 -o none"
# shellcheck disable=SC2086
{
    # of epochs too short to tell of their steps, unless another program interrupts one
    view on_terminal 80x24 2 -- nnfs-train $long | grep '^|epoch' |
        sed -E 's/ +[0-9]+\/1000000.*/ N\/1000000/; s/[#.]{10,}/[bar]/'
    view on_terminal 100x60 0 50x60 40x60 120x40 2 -- nnfs-train $long | grep -vF '[curve]' | tail -n 4 |
        sed -E 's/[0-9,]+ epochs?/N epochs/'
    view on_terminal 80x24 9 -- nnfs-train $long | tail -n 2
}
