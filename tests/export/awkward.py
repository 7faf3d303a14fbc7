"""The tables that exports are compared on, with awkward cells, and pictures; no package is needed."""
import csv
import datetime
import gzip
import io
import math
import struct

MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"}
TABLES = [("housing/housing.csv", "median_house_value"), ("tables/adult.csv.gz", "income"),
          ("tables/ames.csv.gz", "SalePrice"), ("tables/churn.csv.gz", "Exited"),
          ("tables/diamonds.csv.gz", "price"), ("tables/letter.csv.gz", "lettr"),
          ("tables/wine.csv.gz", "quality")]


def decompressed(path):
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def read_table(path):
    text = decompressed(path).decode()
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), skipinitialspace=True)]
    return rows[0], [row for row in rows[1:] if row]


def make_awkward(header, rows, target):
    """Every seventh row: a cell is missing, or a text that no category has."""
    typed = {i for i in range(len(header))
             if all(r[i] in MISSING or is_number(r[i]) or is_date(r[i]) for r in rows)}
    made = [list(row) for row in rows]
    keep = header.index(target)
    for i in range(0, len(made), 7):
        at = (i // 7) % len(header)
        if at == keep:
            continue
        made[i][at] = "" if at in typed or i % 2 else "Zürich, \"new\""
    return made


def is_number(cell):
    try:
        float(cell)
        return True
    except ValueError:
        return False


def is_date(cell):
    try:
        days_of(cell)
        return True
    except ValueError:
        return False


def days_of(cell):
    """Days from 1970-01-01 of a date in ISO 8601 or as 31.12.2019."""
    if cell in MISSING:
        return math.nan
    date = (datetime.datetime.strptime(cell, "%d.%m.%Y") if cell.count(".") == 2
            else datetime.datetime.fromisoformat(cell))
    return (date - datetime.datetime(1970, 1, 1)) / datetime.timedelta(days=1)


def read_pixels(path):
    """The pictures of an IDX file, a list of bytes each."""
    raw = decompressed(path)
    count = struct.unpack(">I", raw[4:8])[0]
    size = (len(raw) - 16) // count
    return [list(raw[at:at + size]) for at in range(16, len(raw), size)]
