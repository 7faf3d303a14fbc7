# Options about tables: what makes no sense, and columns that are not there.
cp "$fixtures/table/flats.csv" .
make_small
for option in --target --targets --categorical --numeric --drop --weight-column --missing; do
    run nnfs-train --preset plain small $option x
done
run nnfs-train --preset plain --task classes
run nnfs-train --preset plain --task number
run nnfs-train --preset plain small --scale none
run nnfs-train --preset plain flats.csv --scale standrad
run nnfs-train --preset plain flats.csv --targets y.npy
run nnfs-train --preset plain x.npy --targets y.npy --target 1
run nnfs-train --preset plain x.npy --delimiter comma
run nnfs-train --preset plain flats.csv --target price,,area
run nnfs-train --preset plain flats.csv --delimiter :
run nnfs-train --preset plain flats.csv --delimiter semi
run nnfs-train --preset plain flats.csv --header maybe
run nnfs-train --preset plain flats.csv --max-categories 0
run nnfs-train --preset plain flats.csv --folds 1
run nnfs-train --preset plain small --folds 61
run nnfs-train --preset plain flats.csv --folds 3 --until-accuracy 0.9
run nnfs-train --preset plain flats.csv --test 1
run nnfs-train --preset plain flats.csv --test-targets y.npy
run nnfs-train --preset plain flats.csv --validation flats.csv --validation-targets y.npy
run nnfs-train --preset plain flats.csv --class-weight balancd
run nnfs-train --preset plain flats.csv --class-weight 1,x
run nnfs-train --preset plain flats.csv --class-weight 1,-1
run nnfs-train --preset plain flats.csv --class-weight yes=1,2
run nnfs-train --preset plain flats.csv --class-weight balanced
run nnfs-train --preset plain flats.csv --target sold --class-weight 1,2,3
run nnfs-train --preset plain flats.csv --target sold --class-weight yess=2
run nnfs-train --preset plain flats.csv --target sold --class-weight 0,0
run nnfs-train --preset plain flats.csv --target prise
run nnfs-train --preset plain flats.csv --target 12
run nnfs-train --preset plain flats.csv --drop prise
run nnfs-train --preset plain flats.csv --weight-column heating
run nnfs-train --preset plain flats.csv --target sold --task numbers
run nnfs-train --preset plain flats.csv --target price,sold
run nnfs-train --preset plain flats.csv --numeric heating
run nnfs-train --preset plain flats.csv --until-accuracy 0.9
run nnfs-train --preset plain flats.csv --validation small
run nnfs-train --preset plain small --validation flats.csv
run nnfs-eval model.safetensors small --delimiter comma
run nnfs-predict
run nnfs-predict model.safetensors
run nnfs-predict model.safetensors flats.csv more
run nnfs-predict model.safetensors flats.csv --target price
run nnfs-predict model.safetensors flats.csv -o
run nnfs-predict model.safetensors flats.csv -o ./flats.csv
run nnfs-predict model.safetensors flats.csv -o model.safetensors
run nnfs-train --preset plain flats.csv -o ./flats.csv
run nnfs-train --preset plain flats.csv --log flats.csv
cmp flats.csv "$fixtures/table/flats.csv" && echo "untouched"
ls
