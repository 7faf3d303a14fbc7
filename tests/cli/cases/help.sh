run nnfs-train --version
run nnfs-train -V
run nnfs-train --help
run nnfs-eval --version
run nnfs-eval --help
run nnfs-predict --version
run nnfs-predict --help
