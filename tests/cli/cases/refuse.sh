# Every file that formats.md says to refuse: exit status 4, one line that names the file, nothing
# written.
printf 'x,y,label\n1,2,a\n2,3,b\n3,4,a\n4,5,b\n' >two.csv
for folder in "$fixtures"/{idx,gzip,csv,npy}/refuse/*; do
    name=${folder#"$fixtures"/}
    case $name in # what makes them wrong is another file, or an option
    csv/*/label-beyond-classes.csv) set -- ./two.csv --test "$folder" ;;
    csv/*/target-not-there.csv) set -- "$folder" --target label ;;
    *) set -- "$folder" ;;
    esac
    timeout 10 nnfs-train "$@" >"$work/out" 2>"$work/err"
    status=$?
    lines=$(grep -vc '^nnfs-train: advice: ' "$work/err")
    if [ $status != 4 ] || [ "$lines" != 1 ] || [ -s "$work/out" ] ||
        ! grep -q "^nnfs-train: .*$name" "$work/err"; then
        echo "$name: $status, $lines lines: $(head -2 "$work/err")"
    fi
done
ls
