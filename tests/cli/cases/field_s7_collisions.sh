# Files made to collide or with many notes are read in linear time: within a second or two of CPU.
cp "$fixtures"/field/* .
seconds=5
grep -q __asan_init "$tools/nnfs-train" && seconds=60
ulimit -t "$seconds"
run nnfs-train --preset plain hash-collisions-40k.csv.gz -q -o none
gunzip -c notes40000.safetensors.gz >notes.safetensors
nnfs-show notes.safetensors | head -1
