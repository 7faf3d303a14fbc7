# The report of a table says what became of each column, and shows a long command whole.
{
    echo 'id,width,colour,"<b>",empty,price'
    for i in $(seq 1 30); do
        echo "$i,$((7 * i % 11)),$( ((i % 3)) && echo red || echo ),a$((i % 2)),1,$((i * i))"
    done
} >garden.csv
nnfs-train garden.csv --preset plain --drop 2 -e 1 -q -o none --log run.jsonl --report page.html \
    --hidden 8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8 --activation relu --optimizer adam --lr 0.001
head -n 1 run.jsonl | grep -o '"column_summary":.*"missing":0,"becomes":"to predict"' | sed 's/},/&\n/g'
sed -n '/<h2>Columns/,/<\/section>/p' page.html | grep -o '<th scope="row">.*</td>'
grep -c '\.command{[^}]*white-space:pre-wrap;overflow-wrap:anywhere}' page.html
# No table, no columns.
make_small
nnfs-train -q small -e 1 -o none --report small.html
grep -c '<h2>Columns' small.html
