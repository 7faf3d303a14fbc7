# field.md S1: a single range of more than 1,000 rows is refused, as a list of that length is.
{
    echo a,b
    seq 1 2500 | sed 's/.*/&,&.5/'
} >rows.csv
run nnfs-show rows.csv --rows 0-2000
run nnfs-show rows.csv --rows 0-1000
run nnfs-show rows.csv --rows 0-9223372036854775807
run nnfs-show rows.csv --rows 0-499,500-1000
run nnfs-show rows.csv --rows 0-9223372036854775807,0-9223372036854775807
run bash -c 'nnfs-show rows.csv --rows 0-999 | wc -l'
run bash -c 'nnfs-show rows.csv --rows 0-499,1000-1499 | wc -l'
