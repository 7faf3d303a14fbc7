# field.md row 26: the summary says that a model took the place of another file.
make_small
nnfs-train --preset plain small -e 1 2>/dev/null | tail -n 1
nnfs-train --preset plain small -e 1 2>/dev/null | tail -n 1
nnfs-train --preset plain small -e 1 -o none 2>/dev/null | tail -n 1
