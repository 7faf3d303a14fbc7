# Options about tables: what makes no sense, and columns that are not there.
cp "$fixtures/table/flats.csv" .
make_small
for option in --target --targets --categorical --numeric --drop --weight-column --missing; do
    run nnfs-train small $option x
done
run nnfs-train --task classes
run nnfs-train --task number
run nnfs-train small --scale none
run nnfs-train flats.csv --scale standrad
run nnfs-train flats.csv --targets y.npy
run nnfs-train x.npy --targets y.npy --target 1
run nnfs-train x.npy --delimiter comma
run nnfs-train flats.csv --target price,,area
run nnfs-train flats.csv --delimiter :
run nnfs-train flats.csv --delimiter semi
run nnfs-train flats.csv --header maybe
run nnfs-train flats.csv --max-categories 0
run nnfs-train flats.csv --folds 1
run nnfs-train small --folds 61
run nnfs-train flats.csv --folds 3 --until-accuracy 0.9
run nnfs-train flats.csv --test 1
run nnfs-train flats.csv --test-targets y.npy
run nnfs-train flats.csv --validation flats.csv --validation-targets y.npy
run nnfs-train flats.csv --class-weight balancd
run nnfs-train flats.csv --class-weight 1,x
run nnfs-train flats.csv --class-weight 1,-1
run nnfs-train flats.csv --class-weight yes=1,2
run nnfs-train flats.csv --class-weight balanced
run nnfs-train flats.csv --target sold --class-weight 1,2,3
run nnfs-train flats.csv --target sold --class-weight yess=2
run nnfs-train flats.csv --target sold --class-weight 0,0
run nnfs-train flats.csv --target prise
run nnfs-train flats.csv --target 12
run nnfs-train flats.csv --drop prise
run nnfs-train flats.csv --weight-column heating
run nnfs-train flats.csv --target sold --task numbers
run nnfs-train flats.csv --target price,sold
run nnfs-train flats.csv --numeric heating
run nnfs-train flats.csv --until-accuracy 0.9
run nnfs-train flats.csv --validation small
run nnfs-train small --validation flats.csv
run nnfs-eval model.safetensors small --delimiter comma
run nnfs-predict
run nnfs-predict model.safetensors
run nnfs-predict model.safetensors flats.csv more
run nnfs-predict model.safetensors flats.csv --target price
run nnfs-predict model.safetensors flats.csv -o
run nnfs-predict model.safetensors flats.csv -o ./flats.csv
run nnfs-predict model.safetensors flats.csv -o model.safetensors
run nnfs-train flats.csv -o ./flats.csv
run nnfs-train flats.csv --log flats.csv
cmp flats.csv "$fixtures/table/flats.csv" && echo "untouched"
ls
