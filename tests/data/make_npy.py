#!/usr/bin/env python3
"""Makes the NPY files of this folder, which are committed: run it again only to change them.

What stands under accept/ must load (the values are those tests/unit/test_npy.c expects), what stands
under refuse/ must be refused as bad data.
"""

import gzip
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).parent / "npy"
MAGIC = b"\x93NUMPY"
LETTERS = {"u1": "B", "i1": "b", "b1": "B", "i2": "h", "i4": "i", "i8": "q",
           "f2": "e", "f4": "f", "f8": "d"}


def header(descr="'<i2'", order="False", shape="(3, 2)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def npy(text, data=b"", version=(1, 0), align=64, length=None):
    """A file as NumPy writes it: the header's text ends with spaces and a newline."""
    size = 2 if version[0] == 1 else 4
    text = text.encode()
    if align:
        text += b" " * (-(len(MAGIC) + 2 + size + len(text) + 1) % align) + b"\n"
    length = len(text) if length is None else length
    return MAGIC + bytes(version) + length.to_bytes(size, "little") + text + data


def pack(kind, values, order="<"):
    return struct.pack(f"{order}{len(values)}{LETTERS[kind]}", *values)


def put(name, content):
    path = HERE / (name + ".npy")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


# Three samples of two values.
VALUES = {
    "u1": [0, 1, 2, 127, 128, 255],
    "i1": [-128, -1, 0, 1, 2, 127],
    "b1": [0, 1, 1, 0, 1, 0],
    "i2": [-32768, -1, 0, 1, 258, 32767],
    "i4": [-2147483648, -1, 0, 1, 16777219, 2147483647],
    "i8": [-2**63, -1, 0, 1, 2**40 + 2**17, 2**63 - 1],
    "f2": [-65504.0, -0.5, 2.0**-24, 0.333251953125, 1.0, 65504.0],
    "f4": [-3.5, 2.0**-149, 0.25, 16777215.0, 1.0, 3.4028234663852886e38],
    "f8": [-2.5, 1e-300, 0.1, 16777219.0, 1.5, 3.4028235e38],
}
I2 = VALUES["i2"]
I2_DATA = pack("i2", I2)
NAN, INFINITY = float("nan"), float("inf")


def make_accept():
    for kind, values in VALUES.items():
        orders = {"|": kind} if kind[1] == "1" else {"<": kind + "-little", ">": kind + "-big"}
        for order, name in orders.items():
            data = pack(kind, values, "<" if order == "|" else order)
            put(f"accept/{name}", npy(header(f"'{order}{kind}'"), data))
    for major in (2, 3):
        put(f"accept/version-{major}", npy(header(), I2_DATA, (major, 0)))
    put("accept/aligned-16", npy(header(), I2_DATA, align=16))
    put("accept/aligned-1", npy(header("'<f4'"), pack("f4", VALUES["f4"]), align=0))
    put("accept/spelling", npy("{\t\"shape\" :(3,2,),\n'fortran_order':False,'descr':\"<i2\"}",
                               I2_DATA))
    longest = header() + " " * (10000 - len(header()))
    put("accept/longest-header", npy(longest, I2_DATA, align=0))
    put("accept/packed", gzip.compress(npy(header(), I2_DATA), mtime=0))
    put("accept/rank-1", npy(header(shape="(6,)"), I2_DATA))
    put("accept/rank-1-fortran", npy(header(order="True", shape="(6,)"), I2_DATA))
    put("accept/rank-3", npy(header(shape="(1, 3, 2)"), I2_DATA))
    put("accept/rank-8", npy(header(shape="(3, 1, 1, 2, 1, 1, 1, 1)"), I2_DATA))
    columns = [I2[row * 2 + column] for column in range(2) for row in range(3)]
    put("accept/fortran", npy(header(order="True"), pack("i2", columns)))
    put("accept/fortran-big", npy(header("'>i2'", order="True"), pack("i2", columns, ">")))
    put("accept/fortran-packed",
        gzip.compress(npy(header(order="True"), pack("i2", columns)), mtime=0))
    # [2, 3, 4], where the value at (i, j, k) is 100 i + 10 j + k.
    cube = [100 * i + 10 * j + k for k in range(4) for j in range(3) for i in range(2)]
    put("accept/fortran-rank-3", npy(header(order="True", shape="(2, 3, 4)"), pack("i2", cube)))
    missing = [1.0, NAN, -NAN, NAN, 2.0, NAN]
    for kind in ("f2", "f4", "f8"):
        put(f"accept/missing-{kind}", npy(header(f"'>{kind}'"), pack(kind, missing, ">")))
    put("accept/infinite-column", npy(header("'<f4'"), pack("f4", [1.0, INFINITY] * 3)))


def make_refuse():
    good = npy(header(), I2_DATA)
    padded = header() + " " * 10000
    headers = {
        "not-a-dict": "['descr', '<i2']",
        "empty-header": "",
        "no-descr": "{'fortran_order': False, 'shape': (3, 2), }",
        "no-fortran-order": "{'descr': '<i2', 'shape': (3, 2), }",
        "no-shape": "{'descr': '<i2', 'fortran_order': False, }",
        "extra-key": header()[:-1] + "'more': 1, }",
        "foreign-key": header()[:-1] + "'gr\u00fc\u00dfe': 1, }",
        "repeated-key": header()[:-1] + "'shape': (3, 2), }",
        "key-not-quoted": "{descr: '<i2', 'fortran_order': False, 'shape': (3, 2), }",
        "quote-not-ended": "{'descr: 1}",
        "no-colon": "{'descr' '<i2', 'fortran_order': False, 'shape': (3, 2), }",
        "no-comma": "{'descr': '<i2' 'fortran_order': False, 'shape': (3, 2), }",
        "not-ended": header()[:-1],
        "after-the-dict": header() + " 1",
        "order-number": header(order="0"),
        "negative-size": header(shape="(3, -2)"),
        "boolean-size": header(shape="(True, 2)"),
        "zero-size": header(shape="(0, 2)"),
        "zero-columns": header(shape="(3, 0)"),
        "fraction-size": header(shape="(3.0, 2)"),
        "octal-size": header(shape="(3, 02)"),
        "text-size": header(shape="(3, 'a')"),
        "shape-list": header(shape="[3, 2]"),
        "shape-number": header(shape="(6)"),
        "rank-0": header(shape="()"),
        "rank-9": header(shape="(3, 2, 1, 1, 1, 1, 1, 1, 1)"),
        "overflow": header(shape="(4294967296, 4294967296)"),
        "overflow-size": header(shape="(100000000000000000000, 1)"),
        "overflow-bytes": header("'<i8'", shape="(4611686018427387904,)"),
        "columns": header(shape="(1, 16777217)"),
        "objects": header("'|O'"),
        "structured": header("[('a', '<i2'), ('b', '<i2')]"),
        "void": header("'|V4'"),
        "unsigned": header("'<u2'"),
        "complex": header("'<c8'"),
        "text": header("'<U4'"),
        "no-byte-order": header("'i2'"),
        "own-byte-order": header("'|i2'"),
        "descr-number": header("2"),
        "promises-4-gb": header(shape="(65536, 32768)"),
    }
    for name, text in headers.items():
        put(f"refuse/{name}", npy(text, I2_DATA))
    floats = {
        "infinite-f2": ("f2", [1, 2, 3, INFINITY, -INFINITY, NAN]),
        "infinite-f4": ("f4", [1, 2, NAN, NAN, -INFINITY, INFINITY]),
        "infinite-f8": ("f8", [INFINITY, 2, 3, 4, 5, 6]),
        "too-large-f8": ("f8", [1, 2, 3, 4, 5, -1e39]),
    }
    for name, (kind, values) in floats.items():
        put(f"refuse/{name}", npy(header(f"'>{kind}'"), pack(kind, values, ">")))
    put("refuse/too-large-fortran",
        npy(header("'<f8'", order="True"), pack("f8", [1, 1e39, 3, 4, 5, 6])))
    files = {
        "empty": b"",
        "magic": b"\x94" + good[1:],
        "magic-cut": good[:7],
        "version-1.1": npy(header(), I2_DATA, (1, 1)),
        "version-4.0": npy(header(), I2_DATA, (4, 0)),
        "length-cut": good[:9],
        "header-past-end": npy(header(), I2_DATA, length=200),
        "header-too-long": npy(padded, I2_DATA),
        "header-4-gb": npy(header(), I2_DATA, (2, 0), length=0xFFFFFFFF),
        "short": good[:-1],
        "trailing": good + b"\0",
        "packed-trailing": gzip.compress(good + b"\0", mtime=0),
    }
    for name, content in files.items():
        put(f"refuse/{name}", content)
    # Features and targets of one table.
    put("refuse/rows-differ/features", good)
    put("refuse/rows-differ/targets", npy(header("'<f4'", shape="(4,)"), pack("f4", [1, 2, 3, 4])))


shutil.rmtree(HERE, ignore_errors=True)
make_accept()
make_refuse()
