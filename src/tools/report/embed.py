#!/usr/bin/env python3
"""Writes a text file as a constant C string: embed.py NAME FILE OUT.c"""
import sys

name, source, target = sys.argv[1:]
with open(source, "rb") as stream:
    data = stream.read() + b"\0"
with open(target, "w", encoding="ascii") as stream:
    stream.write(f"extern const char {name}[];\nconst char {name}[] = {{\n")
    for at in range(0, len(data), 20):  # bytes: a C11 string literal need not hold more than 4,095
        stream.write("    " + ",".join(map(str, data[at:at + 20])) + ",\n")
    stream.write("};\n")
