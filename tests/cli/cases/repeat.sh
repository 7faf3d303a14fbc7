# The same command gives the same weights, at any number of threads; another seed does not.
make_small
weights() {
    nnfs-train small -e 3 -b 16 -o none --hidden 9 "$@" 2>/dev/null | grep '^weights'
}
first=$(weights)
[ -n "$first" ] && echo "trained"
[ "$first" = "$(weights)" ] && echo "the same twice"
for threads in 1 2 3 8; do
    [ "$first" = "$(weights -t $threads)" ] && echo "the same with --threads $threads"
done
[ "$first" != "$(weights -s 2)" ] && echo "another seed, other weights"
