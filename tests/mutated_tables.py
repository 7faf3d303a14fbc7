#!/usr/bin/env python3
"""Writes 200 mutated CSV files whose right reading is known, and compares what the library reads of them.

Usage: mutated_tables.py PRINT_TABLE [SEED]

A table of clean cells is written in a random way: encoding, delimiter, quoting, decimal separator,
thousands, affixes, dates, line ends, ragged rows. The file must be read as the clean cells, or refused by
one sentence; anything else is a misreading.
"""
import csv
import datetime
import io
import os
import random
import subprocess
import sys
import tempfile

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
DATES = ["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y"]
AFFIXES = [("", ""), ("", "%"), ("$", ""), ("€", ""), ("", " kg"), ("", "GB")]


def clean_table(draw):
    """Rows of (id, number, whole, date, city, class); some numbers are missing."""
    cities = ["Genève", "Bern", "Zürich", "New York"]
    rows = []
    for i in range(draw.randint(25, 60)):
        number = None if draw.random() < 0.1 else round(draw.uniform(-50, 50), 2)
        whole = draw.randint(900, 3000000)
        day = datetime.date(2015, 1, 1) + datetime.timedelta(days=draw.randint(0, 2000))
        rows.append((number, whole, day, draw.choice(cities), draw.choice(["yes", "no"])))
    return rows


def write_number(value, decimal, thousands, prefix, suffix, digits):
    if value is None:
        return ""
    text = f"{abs(value):,.{digits}f}" if thousands else f"{abs(value):.{digits}f}"
    text = text.replace(",", "\0").replace(".", decimal).replace("\0", thousands or "")
    return ("-" if value < 0 else "") + prefix + text + suffix


def mutate(draw, rows):
    """Returns the file's bytes and the arguments of print_table."""
    comma = draw.random() < 0.4
    decimal = "," if comma else "."
    thousands = draw.choice(["", ".", " ", "'"] if comma else ["", ",", " ", "'"])
    delimiter = draw.choice([d for d in DELIMITERS if not (comma and d == ",")] + ([";"] if comma else []))
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    date = draw.choice(DATES)
    prefix, suffix = draw.choice(AFFIXES)
    out = io.StringIO()
    end = draw.choice(["\n", "\r\n"])
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    header = draw.random() < 0.8
    if header:
        writer.writerow(["number", "whole", "day", "city", "class"])
    for number, whole, day, city, label in rows:
        writer.writerow([write_number(number, decimal, "", prefix, suffix, 2),
                         write_number(whole, decimal, thousands, "", "", 0), day.strftime(date), city, label])
    lines = out.getvalue().split(end)[:-1]
    skip, comment, bad = 0, "-", 0
    ragged = draw.random()
    if ragged < 0.15:
        lines = [line + delimiter for line in lines]
    elif ragged < 0.3:
        for _ in range(draw.randint(1, 3)):
            lines.insert(draw.randint(2, len(lines)), draw.choice(["x", delimiter * 7, "1" + delimiter + "2"]))
        bad = 1
    elif ragged < 0.4:
        lines.insert(0, "# written by a program")
        lines.insert(draw.randint(2, len(lines)), "# and a comment")
        comment = "#"
    elif ragged < 0.5:
        lines = ["Report", ""] + lines
        skip = 2
    text = end.join(lines) + (end if draw.random() < 0.8 else "")
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-16-be"])
    if "€" in text and encoding == "latin-1":
        encoding = "utf-8"
    told = {"latin-1": "latin1", "utf-16-be": "UTF-16BE"}.get(encoding, "-")
    guessed = "-1" if draw.random() < 0.5 else "01"[header]
    return text.encode(encoding), [told, str(skip), comment, guessed, str(bad)]


def wrong_cell(cell, wanted):
    """Whether a printed cell is another value than wanted."""
    if wanted is None:
        return cell != ""
    if isinstance(wanted, datetime.date):
        return cell != f"{(wanted - datetime.date(1970, 1, 1)).days:.4f} days"
    if isinstance(wanted, str):
        return cell != wanted
    try:
        return abs(float(cell) - wanted) > 1e-6 * max(1.0, abs(wanted))
    except ValueError:
        return True


def check(program, path, options, rows):
    """Returns what is misread, or None; and whether the file was refused."""
    made = subprocess.run([program, path, *options], capture_output=True)
    if made.returncode == 4:
        lines = made.stderr.splitlines()
        return (None if len(lines) == 1 else "several sentences"), True
    if made.returncode != 0:
        return f"exit status {made.returncode}: {made.stderr}", False
    read = [line.split("\t") for line in made.stdout.decode().split("\n")[:-1]]
    if len(read) != len(rows):
        return f"{len(read)} rows, not {len(rows)}", False
    for row, (cells, wanted) in enumerate(zip(read, rows)):
        if len(cells) != len(wanted):
            return f"row {row + 1}: {len(cells)} cells", False
        for column, (cell, value) in enumerate(zip(cells, wanted)):
            if wrong_cell(cell, value):
                return f"row {row + 1}, column {column + 1}: '{cell}', not {value}", False
    return None, False


def main():
    program = os.path.abspath(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    draw = random.Random(seed)
    refused = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(200):
            path = os.path.join(folder, f"table-{number}.csv")
            rows = clean_table(draw)
            text, options = mutate(draw, rows)
            with open(path, "wb") as file:
                file.write(text)
            why, no = check(program, path, options, rows)
            refused += no
            if why:
                wrong += 1
                print(f"file {number} of seed {seed} {options}: {why}\n{text[:300]!r}", file=sys.stderr)
    print(f"200 files: {200 - refused - wrong} read as they are meant, {refused} refused, {wrong} misread")
    return 1 if wrong or refused > 40 else 0


if __name__ == "__main__":
    sys.exit(main())
