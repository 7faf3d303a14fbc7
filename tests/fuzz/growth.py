#!/usr/bin/env python3
"""field.md S17: a fuzz target needs no more memory for many inputs than for few.

Usage: growth.py REPLAY FOLDER
"""
import os
import subprocess
import sys

REPEATS = 300


def peak(repeats):
    """Inputs replayed, and kB of memory at most."""
    environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1")
    child = subprocess.Popen([sys.argv[1]] + [sys.argv[2]] * repeats, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, env=environment)
    said = child.stderr.read().decode().splitlines()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{sys.argv[1]} failed: {said[-1:]}")
    return int(said[-1].split()[0]), usage.ru_maxrss


few, before = peak(REPEATS // 3)
many, after = peak(REPEATS)
grown = 1024 * (after - before) / (many - few)
print(f"{few} inputs: {before} kB, {many} inputs: {after} kB; {grown:.0f} bytes an input")
sys.exit(grown > 300)  # the sanitizer itself keeps some 70; the leak was of 1,200
