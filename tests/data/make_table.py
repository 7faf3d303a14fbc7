#!/usr/bin/env python3
"""Makes the tables of table/, which are committed: run it again only to change them.

All hold what flats.csv holds, written otherwise; flats_shuffled.csv has its columns in another order,
one more and no price.

Flats with all that a table may have: numbers with cells missing, categories with cells missing, names
and cells that need quotes, a column of text that is different in every row, one that never varies,
weights, a number to predict that is missing in two rows, and yes or no.
"""

import csv
import io
import pathlib
import random

HERE = pathlib.Path(__file__).parent / "table"
HEADER = ["id", "area", "rooms", "age", "heating", "floor, of", "remark", "country", "weight", "sold",
          "price"]
HEATING = {"gas": 0, "oil": -20, "district": 10, "heat pump": 35}
REMARKS = ["", 'a "gem"', "quiet, sunny", "needs work"]


def row(draw, number):
    area = round(draw.uniform(25, 160), 1)
    rooms = max(1, round(area / 28 + draw.gauss(0, 0.6)))
    age = draw.randrange(0, 120)
    heating = draw.choice(list(HEATING))
    remark = draw.choice(REMARKS)
    price = 40 + 3.1 * area + 12 * rooms - 0.7 * age + HEATING[heating] + draw.gauss(0, 15)
    sold = "yes" if price < 330 + draw.gauss(0, 30) else "no"
    floor = f"{draw.randrange(5)}, {draw.choice(['lift', 'stairs'])}"
    return [f"F{number:04}", area, rooms, "" if draw.random() < 0.06 else age,
            draw.choice(["", "NA"]) if draw.random() < 0.08 else heating, floor, remark, "DE",
            draw.choice([1, 1, 2, 0.5]), sold, "" if number in (17, 101) else round(price, 1)]


def text(rows, **how):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **how).writerows(rows)
    return out.getvalue()


def main():
    draw = random.Random(4)
    rows = [HEADER] + [row(draw, number) for number in range(240)]
    order = [9, 8, 5, 3, 1, 0, 2, 7, 6, 4]
    shuffled = [[line[i] for i in order] + ["new"] for line in rows]
    dashes = [["-" if cell in ("", "NA") else cell for cell in line] for line in rows]
    HERE.mkdir(exist_ok=True)
    (HERE / "flats.csv").write_text(text(rows))
    (HERE / "flats.tsv").write_text(text(rows, delimiter="\t"))
    (HERE / "flats_semicolon.csv").write_text(text(rows, delimiter=";"))
    (HERE / "flats_quoted.csv").write_text(text(rows, quoting=csv.QUOTE_ALL))
    (HERE / "flats_dashes.csv").write_text(text(dashes))
    (HERE / "flats_shuffled.csv").write_text(text(shuffled))


if __name__ == "__main__":
    main()
