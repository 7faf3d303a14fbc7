"""bench/compare matches the rows of two releases. Usage: compare.py COMPARE"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def step(batch, threads, rate):
    return {"network": "4-2", "batch": batch, "optimizer": "sgd", "threads": threads,
            "samples_per_second": rate, "gflops": 5.0, "peak_share": 0.5}


def steps(*rows):
    return {"schema": "nnfs-train-step/1", "machine": {"cpu": "A"}, "works": list(rows)}


def peers(rate):
    return {"schema": "nnfs-peers/1", "rows": [{"work": "one", "job": {"threads": 2},
                                                "nnfs": {"rate": rate, "rates": [rate]}}]}


def write(folder, **reports):
    folder.mkdir()
    for name, report in reports.items():
        (folder / f"{name}.json").write_text(json.dumps(report))


def compare(*arguments):
    return subprocess.run([sys.executable, sys.argv[1], *map(str, arguments)], text=True,
                          capture_output=True)


with tempfile.TemporaryDirectory() as name:
    old, new = Path(name) / "old", Path(name) / "new"
    write(old, steps=steps(step(1, 1, 100.0), step(1, 2, 200.0), step(9, 1, 7.0)), peers=peers(10.0))
    write(new, steps=steps(step(1, 2, 196.0), step(1, 1, 150.0)), peers=peers(5.0))
    done = compare(old, new)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "peers.json", " 0.500! work one",
        "steps.json", " 1.500  network 4-2, batch 1, optimizer sgd, threads 1",
        " 0.980  network 4-2, batch 1, optimizer sgd, threads 2"], done.stdout
    assert compare(old / "steps.json", new / "steps.json").returncode == 0
    assert compare(old, new, "--least", "0.5").returncode == 0
    assert compare(old / "steps.json", new / "peers.json").returncode == 2
    assert compare(old, Path(name) / "nowhere").returncode == 2
