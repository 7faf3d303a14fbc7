#!/usr/bin/env python3
"""Makes the CSV files of this folder, which are committed: run it again only to change them.

What stands under accept/ must load: the files in accept/same/ all hold one table, those beside it
what tests/unit/test_csv.c expects of each. What stands under refuse/ must be refused as bad data.
"""

import gzip
import pathlib
import shutil

HERE = pathlib.Path(__file__).parent / "csv"
MIB = 1 << 20

HEADER = ["id", "size, cm", "price", "city"]
ROWS = [["1", "2.5", "1e3", "Köln"],
        ["2", "", "-0.125", "New\nYork; USA"],
        ["3", "NA", ".5", 'a "b" | c'],
        ["4", "5.", "+7", '5" nails'],
        ["5", "1e-50", "0", "?"]]


def put(name, content):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content, 9, mtime=0) if name.endswith(".gz") else content)


def cell(text, delimiter, always):
    needed = text.startswith('"') or any(c in text for c in delimiter + "\n")
    return '"' + text.replace('"', '""') + '"' if always or needed else text


def table(delimiter=",", quoted=False, newline="\n", header=True, pad=""):
    rows = ([HEADER] if header else []) + ROWS
    lines = [delimiter.join(pad + cell(text, delimiter, quoted) + pad
                            if not any(c in text for c in delimiter + '\n"') else
                            cell(text, delimiter, quoted) for text in row) for row in rows]
    return "".join(line.replace("\n", newline) + newline for line in lines)


def make_same():
    same = {
        "plain": table(),
        "quoted": table(quoted=True),
        "crlf": table(newline="\r\n"),
        "quoted-crlf": table(quoted=True, newline="\r\n"),
        "bom": "\ufeff" + table(),
        "bom-quoted": "\ufeff" + table(quoted=True),
        "semicolons": table(";"),
        "tabs": table("\t"),
        "bars": table("|"),
        "bars-quoted": table("|", quoted=True),
        "no-final-newline": table()[:-1],
        "no-final-newline-quoted": table(quoted=True)[:-1],
        "no-final-newline-crlf": table(newline="\r\n")[:-1],
        "padded": table(pad="  "),
    }
    for name, content in same.items():
        put(f"accept/same/{name}.csv", content)
    put("accept/same/packed.csv.gz", table())
    put("accept/same/packed-without-saying.csv", gzip.compress(table().encode(), 9, mtime=0))
    put("accept/empty-lines.csv", "\n\r\n" + table().replace("\n3,", "\n\n\r\n3,") + "\n\n")
    put("accept/no-header.csv", table(header=False))


def make_accept():
    make_same()
    put("accept/one-column.csv", "x\n1\n2\n3\n")
    put("accept/two-delimiters.csv", "a;b\n1,5;2,5\n3,5;4,25\n")
    put("accept/number-categories.csv", "code,y\n10,1\n9,2\n1e1,3\n-3,4\n9,5\n")
    put("accept/mixed.csv", "code,y\n10,1\nA1,2\n1e1,3\nB,4\n1e999,5\n10,6\n")
    put("accept/no-names.csv", 'x,,"",x y\n1,2,3,4\n5,6,7,8\n')
    put("accept/all-missing.csv", "x,y\n,1\nNA,2\n")
    put("accept/text-only.csv", "a,b\nc,d\n")
    mushrooms = "".join(f"{'ep'[i % 2]},{'knbw'[i % 4]},cap {i}\n" for i in range(12))
    put("accept/text-header.csv", "class,spores,cap\n" + mushrooms)
    put("accept/text-no-header.csv", mushrooms)
    put("accept/wide-cell.csv.gz", "x,text\n1," + "a" * (MIB - 10) + "\n2,b\n")
    put("accept/labels.csv", "x,y,label\n1,2,a\n2,3,b\n3,1,a\n4,5,b\n")


def make_refuse():
    numbers = "".join(f"{i},{i}.5\n" for i in range(2, 30))
    refuse = {
        "decimal-commas": "size;price\n1,5;10,25\n2;20\n3,5;-30,5\n",
        "decimal-commas-quoted": 'name,size\na,"1,5"\nb,"2,5"\n',
        "empty": "",
        "empty-lines": "\n\r\n\n",
        "byte-order-mark": "\ufeff",
        "header-only": "x,y,class\n",
        "header-only-open": "x,y,class",
        "short-row": "x,y,z\n1,2,3\n4,5\n6,7,8\n",
        "long-row": "x,y,z\n1,2,3\n4,5,6\n6,7,8,9,10\n",
        "nul": b"x,y\n1,2\n3,\0\n",
        "unterminated-quote": 'x,y\n1,"a"\n2,"b\n3,c\n',
        "unterminated-quote-header": 'x,"y\n1,2\n2,3\n',
        "text-after-quote": 'x,y\n1,"a"\n2,"b" c\n',
        "utf-16": "\ufeffx,y\n1,2\n".encode("utf-16-le"),
        "utf-16-be": "\ufeffx,y\n1,2\n".encode("utf-16-be"),
        "utf-16-without-mark": "x,y\n1,2\n".encode("utf-16-le"),
        "utf-16-be-without-mark": "x,y\n1,2\n".encode("utf-16-be"),
        "huge": "x,y\n1,2\n3,1e999\n4,5\n",
        "huge-float": "x,y\n-3.5e38,2\n3,1\n4,5\n",
        "text-among-numbers": "x,y\n1,1\n" + numbers + "30,about 3\n" + numbers,
        "two-texts-among-numbers": "x,y\n" + numbers * 2 + "a,1\n" + numbers + "b,1\n",
        "not-utf-8": b"x,city\n1,Berlin\n2,K\xf6ln\n",
        "not-utf-8-name": b"x,gr\xf6\xdfe\n1,2\n2,2\n",
        "equal-names": "x,y,x\n1,2,3\n",
        "equal-names-given": "x,column 2,\n1,2,3\n".replace("column 2,", ",column 2"),
        "carriage-returns": "x,y\r1,2\r3,4\r",
        "carriage-return": "x,y\n1,2\n3\r,4\n",
        # Of the classes a and b of accept/labels.csv, and with the target `label` in mind.
        "label-beyond-classes": "x,y,label\n1,2,a\n2,3,c\n",
        "target-not-there": "x,y,z\n1,2,3\n4,5,6\n",
    }
    for name, content in refuse.items():
        put(f"refuse/{name}.csv", content)
    put("refuse/line-over-1-mib.csv.gz", "x,text\n1,a\n2," + "b" * MIB + "\n3,c\n")
    put("refuse/header-over-1-mib.csv.gz", "x," + "b" * MIB + "\n3,c\n")
    put("refuse/line-without-end.csv.gz", "x,text\n1,a\n2," + "b" * (5 * MIB))
    put("refuse/quoted-line-over-1-mib.csv.gz", 'x,text\n1,a\n2,"' + "b\n" * (MIB // 2) + '"\n3,c\n')
    put("refuse/quote-without-end.csv.gz", 'x,text\n1,a\n2,"' + "b\n" * (5 * MIB // 2))
    put("refuse/columns-over-a-million.csv.gz", "," * 1000000 + "\n")


shutil.rmtree(HERE, ignore_errors=True)
make_accept()
make_refuse()
