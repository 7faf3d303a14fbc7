"""
bench/peers, quickly, on patterns that every side learns at once.
Usage: peers.py PEERS NNFS_TRAIN; exit status 77 without NumPy
"""

import importlib.util
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

TRAIN, TEST = 12000, 500


def write_idx(path, sizes, values):
    path.write_bytes(struct.pack(f">4B{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + bytes(values))


def write_patterns(folder, part, count):
    """A class is a bright band of rows on a dark, noisy ground."""
    labels, pixels = [], bytearray()
    for _ in range(count):
        labels.append(random.randrange(10))
        image = bytearray(random.choices(range(32), k=784))
        image[labels[-1] * 56:labels[-1] * 56 + 168] = b"\xff" * 168
        pixels += image[:784]
    write_idx(folder / f"{part}-images-idx3-ubyte", (count, 28, 28), pixels)
    write_idx(folder / f"{part}-labels-idx1-ubyte", (count,), labels)


def peers(*options, **environment):
    done = subprocess.run([sys.executable, sys.argv[1], *options], text=True, capture_output=True,
                          env={**os.environ, **environment})
    print(done.stdout, done.stderr, sep="\n")
    return done


if importlib.util.find_spec("numpy") is None:
    print("NumPy is not installed: there is no peer to run")
    sys.exit(77)

seed = random.randrange(10**6)
print("seed", seed)
random.seed(seed)
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    write_patterns(folder, "train", TRAIN)
    write_patterns(folder, "t10k", TEST)
    common = ["--quick", "--rounds", "1", "--tool", sys.argv[2], "--data", name]
    done = peers(*common, "--works", "784-10-10,inference", "--json", str(folder / "report.json"))
    assert done.returncode == 0
    report = json.loads((folder / "report.json").read_text())
    assert report["schema"] == "nnfs-peers/1" and "numpy" in report["peers"]
    training, inference = report["rows"]
    for row in report["rows"]:
        for side in (row["nnfs"], *row["peers"].values()):
            assert side["rate"] > 0 and side["side"]["version"]
            assert side["accuracy"] > 0.6, "a side has not learnt"
    peers_of = list(training["peers"].values())
    assert peers_of[0]["ratios"] == [training["nnfs"]["rates"][0] / peers_of[0]["rates"][0]]
    # The very same weights: only a tie could be broken otherwise.
    for peer in inference["peers"].values():
        assert abs(peer["accuracy"] - inference["nnfs"]["accuracy"]) < 0.01

    assert "no work" in peers("--works", "784-11").stderr
    done = peers("--data", str(folder / "nowhere"))
    assert done.returncode == 2 and "four files" in done.stderr
    done = peers(*common[:-2], "--data", name, "--works", "784-10-10", "--tool", "/bin/false")
    assert done.returncode == 1
