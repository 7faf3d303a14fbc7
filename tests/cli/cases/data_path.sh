# Where DATA is looked for, and what is said when it is nowhere.
make_small
mkdir -p here data home/nnfs "$HOME/.local/share/nnfs"
run nnfs-train mnist
run nnfs-train smal
run nnfs-train ./smal
run nnfs-train dgits
run nnfs-train ''
mv small "$HOME/.local/share/nnfs/first"
run nnfs-train -q -o none -e 0 first
run nnfs-train frist
mv "$HOME/.local/share/nnfs/first" home/nnfs/second
export XDG_DATA_HOME=$PWD/home
run nnfs-train -q -o none -e 0 second
mv home/nnfs/second data/third
run nnfs-train -q -o none -e 0 third
mv data/third here/fourth
run nnfs-train -q -o none -e 0 fourth
export NNFS_DATA=$PWD/here
run nnfs-train -q -o none -e 0 fourth
run nnfs-train frouth
cd here/fourth && run nnfs-train -q -o none -e 0 .
