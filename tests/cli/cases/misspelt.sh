# Options and values that do not exist: the nearest one that does is named.
run nnfs-train --epcohs 3
run nnfs-train --hiden=10
run nnfs-train --output-activatoin relu
run nnfs-train --xyzzy
run nnfs-train -x
run nnfs-train -qx
run nnfs-train --e 3
run nnfs-train --opti adm
run nnfs-train --optimizer Adam
run nnfs-train --optimizer xyzzy
run nnfs-train --loss cross_entrpy
run nnfs-train --loss crossentropy
run nnfs-train --hidden 4,4 --activation relu,tahn
run nnfs-train --output-activation sofmax
run nnfs-train --init he_norml
run nnfs-train --init nrmal:0.1
run nnfs-train --schedule cosin
run nnfs-train --schedule one-cycle:warmup=1
run nnfs-train --schedule cosine:warmpu=1
run nnfs-train --schedule cosine:xyzzy=1
run nnfs-eval a b --jsno
run nnfs-eval a b --split tset
