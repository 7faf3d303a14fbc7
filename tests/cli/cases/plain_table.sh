# A network without preprocessing, as imports are, takes tables of as many numbers as it has inputs.
nnfs-import -q "$fixtures/import/accept/sklearn-classes.onnx" -o classes
nnfs-import -q "$fixtures/import/accept/sklearn-numbers.onnx" -o numbers
printf 'a,b,c,d\n1,0,-1,0.5\n0.25,2,1,0\n' >named.csv
printf '1,0,-1,0.5,2\n0.25,2,1,0,0\n' >labelled.csv
run nnfs-predict -q classes named.csv
run nnfs-predict -q classes labelled.csv
run nnfs-predict -q numbers named.csv
run nnfs-export -q numbers --onnx numbers.onnx --c numbers.c --check labelled.csv
nnfs-eval -q classes labelled.csv | head -n 3

# The targets are missing, cells are missing, or columns do not fit.
run nnfs-eval -q classes named.csv
printf '1,0,-1,\n0.25,2,1,0\n' >missing.csv
run nnfs-predict classes missing.csv
printf 'a,b,c,d\n1,0,x,2\n1,0,y,3\n' >texts.csv
run nnfs-predict classes texts.csv
printf '1,2\n3,4\n' >narrow.csv
run nnfs-predict classes narrow.csv
printf '1,0,-1,0.5,0.5\n0.25,2,1,0,0\n' >half.csv
run nnfs-eval classes half.csv
printf '1,0,-1,0.5,7\n0.25,2,1,0,0\n' >beyond.csv
run nnfs-eval classes beyond.csv
