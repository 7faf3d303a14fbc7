# The plot of nnfs-tune: in ASCII where there is no terminal, and as SVG.
make_small
nnfs-tune -q small --lr 0.1,0.01 -e 12 --seed 1 --plot plot.svg --log none >"$work/out"
sed -n '1p;2p;17,19p' "$work/out"
grep -oE '^<[a-z]+|</svg>|class="[a-z]+ l[0-9]"' plot.svg | sort | uniq -c | tr -s ' '
sed -n '/<metadata>/,/<.metadata>/p' plot.svg | sed -E 's/,0\.[0-9]+|,[01]/,N/g'
grep -oE '<title[^<]*' plot.svg
grep -oE '<desc.*' plot.svg | sed -E 's/[0-9.]+ %/A/g'
