# Files made to collide or with many notes are read in linear time: within a second or two of CPU.
cp "$fixtures"/field/* .
ulimit -t 5
run nnfs-train hash-collisions-40k.csv.gz -q -o none
gunzip -c notes40000.safetensors.gz >notes.safetensors
nnfs-show notes.safetensors | head -1
