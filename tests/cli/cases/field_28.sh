# field.md row 28: a pointer of Git LFS is named as one.
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 12345\n' 7 >pointer.safetensors
for name in pointer.csv pointer.npy pointer; do
    cp pointer.safetensors $name
    run nnfs-train --preset plain -q ./$name -o none
done
run nnfs-eval pointer.safetensors digits
run nnfs-train --resume pointer.safetensors
