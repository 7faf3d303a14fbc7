"""MNIST as files and as NumPy arrays, and the share of it that a work trains on."""

import gzip
import os
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRAIN, TEST = "train", "t10k"
KINDS = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}


def folders():
    """Where it may lie, as for nnfs-train, and beside the checkout."""
    data = os.environ.get("NNFS_DATA")
    return ([Path(data) / "mnist"] if data else []) + [
        ROOT / "data/mnist", ROOT / "../shared/data/mnist"]


def find():
    """The first folder that has it, or None."""
    return next((folder for folder in folders() if complete(folder)), None)


def complete(folder):
    return all(file_of(folder, part, kind) for part in (TRAIN, TEST) for kind in KINDS)


def file_of(folder, part, kind):
    name = f"{part}-{KINDS[kind]}"
    return next((path for path in (folder / name, folder / (name + ".gz")) if path.is_file()), None)


def read_idx(path):
    """The sizes and the bytes of an IDX file of bytes."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of bytes")
    start = 4 + 4 * content[3]
    return struct.unpack(f">{content[3]}I", content[4:start]), content[start:]


def write_share(source, target, samples):
    """Copies the test set and the first `samples` of the training set, unpacked; the counts."""
    target.mkdir(exist_ok=True)
    counts = {}
    for part in (TRAIN, TEST):
        for kind in KINDS:
            sizes, values = read_idx(file_of(source, part, kind))
            count = min(samples, sizes[0]) if part == TRAIN else sizes[0]
            header = struct.pack(f">4B{len(sizes)}I", 0, 0, 8, len(sizes), count, *sizes[1:])
            share = values[:len(values) // sizes[0] * count]
            (target / f"{part}-{KINDS[kind]}").write_bytes(header + share)
            counts[part] = count
    return counts


def arrays(folder, part):
    """Pixels [samples, features] from 0 to 1 in float32, and labels; NumPy only."""
    import numpy as np

    sizes, pixels = read_idx(file_of(folder, part, "images"))
    _, labels = read_idx(file_of(folder, part, "labels"))
    x = np.frombuffer(pixels, np.uint8).reshape(sizes[0], -1).astype(np.float32)
    x /= 255
    return x, np.frombuffer(labels, np.uint8).astype(np.int64)
