# Every file that formats.md says to refuse: exit status 4, one line that names the file, nothing
# written.
for folder in "$fixtures"/{idx,gzip,csv,npy}/refuse/*; do
    name=${folder#"$fixtures"/}
    timeout 10 nnfs-train "$folder" >"$work/out" 2>"$work/err"
    status=$?
    lines=$(grep -vc '^nnfs-train: advice: ' "$work/err")
    if [ $status != 4 ] || [ "$lines" != 1 ] || [ -s "$work/out" ] ||
        ! grep -q "^nnfs-train: .*$name" "$work/err"; then
        echo "$name: $status, $lines lines: $(head -2 "$work/err")"
    fi
done
ls
