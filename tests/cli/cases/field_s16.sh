# field.md S16: names that a spreadsheet takes for a formula are written as they are, or escaped.
{
    echo 'a,"@y"'
    for i in $(seq 1 20); do
        echo "$i.5,=cmd|' /C calc'!A0"
        echo "$i.25,-1+2"
    done
} >formulas.csv
nnfs-train --preset plain -q formulas.csv -e 1 2>/dev/null
nnfs-predict -q model.safetensors formulas.csv | head -n 1
nnfs-predict -q model.safetensors formulas.csv --escape-formulas | head -n 1
nnfs-predict -q model.safetensors formulas.csv --escape-formulas | sed 1d | cut -c 1-2 | sort -u | head -n 1
