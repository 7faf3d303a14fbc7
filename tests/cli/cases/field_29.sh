# The tests pass in a folder whose path has spaces: those that preload a library, which splits at blanks.
folder="$work/a path with spaces"
mkdir -p "$folder/build/src" "$folder/build/tests/cli" "$folder/tests"
find "$tools" -maxdepth 1 -type f -name "nnfs-*" -exec cp {} "$folder/build" \;
cp "$tools"/src/libnnfs.so* "$folder/build/src" 2>/dev/null
find "$tools/tests/cli" -maxdepth 1 -type f -exec cp {} "$folder/build/tests/cli" \;
cp -r "$tests/cli" "$tests"/*.sh "$folder/tests"
for case in kernel idle_threads field_s15 field_26; do
    if bash "$folder/tests/cli/run.sh" "$folder/build" "$folder/tests/cli/cases/$case.sh" >said 2>&1 || [ $? = 77 ]; then
        echo "$case passes"
    else
        cat said
    fi
done
