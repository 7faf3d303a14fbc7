# field.md S10: printed commands can be pasted into a shell.
make_small
folder="it's \$HOME"$'\e[31m'
mkfifo started
nnfs-train --preset plain small -e 100000000 --hidden 4 -o none --log started --checkpoint "$folder" >/dev/null 2>err &
pid=$!
head -n 2 started >/dev/null
kill -s INT $pid
wait $pid
grep -q 'go on with: ' err || cat err
sed -n 's/.*go on with: //p' err >command
sed -E "s#$work#WORK#; s#.*nnfs-train#nnfs-train#" command
eval "set -- $(cat command)"
[ "$3" = "$PWD/$folder" ] && echo "the shell reads the folder's name"
