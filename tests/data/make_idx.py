#!/usr/bin/env python3
"""Makes the IDX and gzip files of this folder, which are committed: run it again only to change them.

Each case is a folder with MNIST's file names. What stands under accept/ must load (the values are
those tests/unit/test_idx.c expects), what stands under refuse/ must be refused as bad data, and
under half/ a file is missing.
"""

import pathlib
import shutil
import struct
import zlib

HERE = pathlib.Path(__file__).parent
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
TYPES = {"u8": (0x08, "B"), "i8": (0x09, "b"), "i16": (0x0B, "h"), "i32": (0x0C, "i"),
         "f32": (0x0D, "f"), "f64": (0x0E, "d")}


def idx(kind, sizes, values, order=">"):
    code, letter = TYPES[kind]
    magic = bytes([0, 0, code, len(sizes)])
    return (magic + struct.pack(f"{order}{len(sizes)}I", *sizes)
            + struct.pack(f"{order}{len(values)}{letter}", *values))


def put(case, files):
    for name, content in files.items():
        path = HERE / case / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


# Four samples of 2 x 3, with the labels 0, 3, 1, 2.
FEATURES = {"u8": [i * 11 for i in range(24)], "i8": [i - 12 for i in range(24)],
            "i16": [(i - 12) * 1000 for i in range(24)],
            "i32": [(i - 12) * 100000000 for i in range(24)],
            "f32": [i * 0.5 - 3 for i in range(24)], "f64": [i * 0.25 - 1 for i in range(24)]}
GOOD = idx("u8", [4, 2, 3], FEATURES["u8"])
GOOD_LABELS = idx("u8", [4], [0, 3, 1, 2])


def make_idx():
    for kind, values in FEATURES.items():
        label_kind = kind if kind[0] in "ui" else "u8"
        put(f"idx/accept/{kind}", {IMAGES: idx(kind, [4, 2, 3], values),
                                   LABELS: idx(label_kind, [4], [0, 3, 1, 2])})
    for rank, sizes in {1: [24], 2: [12, 2], 8: [4, 1, 2, 1, 3, 1, 1, 1]}.items():
        put(f"idx/accept/rank-{rank}", {IMAGES: idx("u8", sizes, FEATURES["u8"]),
                                        LABELS: idx("u8", sizes[:1], [3] * sizes[0])})
    split = {TEST_IMAGES: idx("u8", [2, 3, 2], [7] * 12), TEST_LABELS: idx("u8", [2], [1, 0])}
    put("idx/accept/split", {IMAGES: GOOD, LABELS: GOOD_LABELS} | split)
    put("idx/accept/test-only", split)
    put("idx/accept/dots", {"train-images.idx3-ubyte": GOOD, "train-labels.idx1-ubyte": GOOD_LABELS})
    put("idx/half/no-labels", {IMAGES: GOOD})
    put("idx/half/no-images", {IMAGES: GOOD, LABELS: GOOD_LABELS, TEST_LABELS: GOOD_LABELS})

    most = 0xFFFFFFFF
    images = {
        "empty": b"",
        "three-bytes": b"\0\0\x08",
        "header-cut": GOOD[:10],
        "leading-bytes": b"\x01\x02" + GOOD[2:],
        "type-0a": b"\0\0\x0a" + GOOD[3:],
        "rank-0": b"\0\0\x08\0\x07",
        "rank-255": idx("u8", [1] * 255, [7]),
        "size-0": idx("u8", [4, 0, 3], []),
        "overflow": idx("f64", [most, 0x7FFFFFFF], [1]),
        "overflow-sample": idx("u8", [4, most, most, most], [1]),
        "promises-4-gb": idx("u8", [4, 32768, 32768], [1] * 20),
        "one-byte-short": GOOD[:-1],
        "trailing-byte": GOOD + b"\0",
        "little-endian": b"\x03\x08\0\0" + struct.pack("<3I", 4, 2, 3) + GOOD[16:],
        "little-endian-sizes": idx("u8", [4, 2, 3], FEATURES["u8"], order="<"),
        "nan-f32": idx("f32", [4, 2, 3], FEATURES["f32"][:5] + [float("nan")] + [0] * 18),
        "nan-f64": idx("f64", [4, 2, 3], FEATURES["f64"][:5] + [float("nan")] + [0] * 18),
        "infinite": idx("f32", [4, 2, 3], [float("-inf")] + [0] * 23),
        "too-large": idx("f64", [4, 2, 3], [0] * 23 + [1e300]),
        "swapped": GOOD_LABELS,
    }
    for case, content in images.items():
        put(f"idx/refuse/{case}", {IMAGES: content, LABELS: GOOD_LABELS})
    put("idx/refuse/swapped", {LABELS: GOOD})
    labels = {
        "counts-differ": idx("u8", [5], [0, 3, 1, 2, 0]),
        "labels-short": GOOD_LABELS[:-1],
        "labels-float": idx("f32", [4], [0, 3, 1, 2]),
        "label-negative": idx("i8", [4], [0, 3, -1, 2]),
        "label-huge": idx("i32", [4], [0, 65536, 1, 2]),
    }
    for case, content in labels.items():
        put(f"idx/refuse/{case}", {IMAGES: GOOD, LABELS: content})
    tests = {
        "label-beyond-classes": (GOOD, idx("u8", [4], [0, 3, 4, 2])),
        "features-differ": (idx("u8", [4, 2, 2], [1] * 16), GOOD_LABELS),
        "types-differ": (idx("f32", [4, 2, 3], FEATURES["f32"]), GOOD_LABELS),
    }
    for case, (test_images, test_labels) in tests.items():
        put(f"idx/refuse/{case}", {IMAGES: GOOD, LABELS: GOOD_LABELS,
                                   TEST_IMAGES: test_images, TEST_LABELS: test_labels})
    put("idx/refuse/folder", {f"{IMAGES}/a-folder-in-place-of-a-file": b"", LABELS: GOOD_LABELS})


def deflate(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def trailer(data):
    return struct.pack("<II", zlib.crc32(data), len(data))


def member(data, flags=0, fields=b"", method=8, body=None, end=None):
    header = bytes([0x1F, 0x8B, method, flags, 0, 0, 0, 0, 2, 3]) + fields
    return header + (deflate(data) if body is None else body) + (trailer(data) if end is None else end)


def all_fields(data, wrong=0):
    """FTEXT, FHCRC, FEXTRA, FNAME and FCOMMENT together."""
    extra = struct.pack("<H", 7) + b"nn\x03\0abc"
    fields = extra + b"images\0" + b"made by make_idx.py\0"
    header = bytes([0x1F, 0x8B, 8, 0x1F, 0, 0, 0, 0, 2, 3]) + fields
    check = struct.pack("<H", (zlib.crc32(header) ^ wrong) & 0xFFFF)
    return header + check + deflate(data) + trailer(data)


def make_gzip():
    accept = {
        "plain": member(GOOD),
        "stored": member(GOOD, body=deflate(GOOD, 0)),
        "all-fields": all_fields(GOOD),
        "members": member(GOOD[:3]) + all_fields(GOOD[3:17]) + member(GOOD[17:]),
        "not-packed": GOOD,
    }
    for case, content in accept.items():
        put(f"gzip/accept/{case}", {IMAGES + ".gz": content, LABELS + ".gz": member(GOOD_LABELS)})
    put("gzip/accept/no-ending", {IMAGES: member(GOOD), LABELS: member(GOOD_LABELS)})
    good = member(GOOD)
    bomb = GOOD + bytes(8 << 20)
    refuse = {
        "magic": b"\x1f\x8c" + good[2:],
        "method-7": member(GOOD, method=7),
        "reserved-flag-5": member(GOOD, flags=0x20),
        "reserved-flag-6": member(GOOD, flags=0x40),
        "reserved-flag-7": member(GOOD, flags=0x80),
        "extra-past-end": member(GOOD, flags=4, fields=b"\xff\xff"),
        "name-unterminated": good[:3] + b"\x08" + good[4:10] + b"a name without an end",
        "comment-unterminated": good[:3] + b"\x10" + good[4:10] + b"a comment without an end",
        "header-crc": all_fields(GOOD, wrong=1),
        "crc": member(GOOD, end=struct.pack("<II", zlib.crc32(GOOD) ^ 1, len(GOOD))),
        "length": member(GOOD, end=struct.pack("<II", zlib.crc32(GOOD), len(GOOD) + 1)),
        # A final block of fixed codes that begins with a match: one byte back from nothing.
        "distance": member(GOOD, body=b"\x03\x02\0"),
        "block-type": member(GOOD, body=b"\x07\0\0"),
        "trailing-garbage": good + b"garbage",
        "trailing-zero": good + b"\0",
        "trailing-half-magic": good + b"\x1f\x8c garbage",
        # Its CRC is wrong: a reader that unpacks to the end complains of that instead.
        "bomb": member(bomb, end=b"\0\0\0\0" + struct.pack("<I", len(bomb))),
        "empty-member": member(b""),
        "empty-member-last": good + member(b""),
        "promises-4-gb": member(idx("u8", [4, 32768, 32768], [1] * 20)),
        "one-byte-short": member(GOOD[:-1]),
        "trailing-byte": member(GOOD + b"\0"),
    }
    for case, content in refuse.items():
        put(f"gzip/refuse/{case}", {IMAGES + ".gz": content, LABELS: GOOD_LABELS})


for folder in ("idx", "gzip"):
    shutil.rmtree(HERE / folder, ignore_errors=True)
make_idx()
make_gzip()
