# The default data need no file.
run nnfs-train -e 1 --hidden 8
run brief model.safetensors digits
