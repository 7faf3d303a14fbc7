#!/usr/bin/env python3
"""Puts the OPTIONS section into a man page.

The section is what a tool's --describe-options prints: its headings, and an item an option.

Usage: generate.py PAGE.1.in OPTIONS.json OUTPUT
"""

import json
import sys
import textwrap

COMMON = [
    {"name": "help", "letter": "h", "argument": None, "help": "print a summary of the options and exit"},
    {"name": "version", "letter": "V", "argument": None, "help": "print the version and exit"},
]


def escape(text):
    """Text as roff prints it."""
    text = text.replace("\\", "\\e")
    return "\\&" + text if text[:1] in (".", "'") else text


def sentence(text):
    """Text with a capital first letter, unless it begins with a name, and a full stop."""
    first = text.split()[0].rstrip(",;:")
    named = any(c.isdigit() for c in first) or first == "epsilon"
    return (text if named else text[0].upper() + text[1:]) + "."


def lines(text):
    """A sentence in lines that fit."""
    return [escape(line) for line in textwrap.wrap(text, 79, break_on_hyphens=False, break_long_words=False)]


def item(option):
    """An option: its names, its help, its values, its default, its keys."""
    letter = f"{option['letter']} , " if option["letter"] else ""
    argument = f" Ns = Ns Ar {option['argument']}" if option["argument"] else ""
    text = option["help"]
    if option.get("show_values") and option["values"]:
        text += ": " + ", ".join(option["values"][:-1]) + " or " + option["values"][-1]
    if option.get("default"):
        text += "; default " + option["default"]
    page = [f".It Fl {letter}-{option['name']}{argument}", *lines(sentence(text))]
    if option.get("keys"):
        page += ["The keys:", '.Bl -tag -width "patience" -compact']
        for key in option["keys"]:
            page += [f".It Cm {key['key']}", *lines(f"{key['help']}; default {key['default']}")]
        page.append(".El")
    return page


def section(options):
    """The whole section; a heading begins a subsection with a list of its own."""
    page = [".Sh OPTIONS"]
    is_open = False
    for option in options:
        if not option["name"]:
            page += [".El"] * is_open + [f".Ss {escape(option['help'].rstrip(':'))}"]
            is_open = False
            continue
        if not is_open:
            page.append(".Bl -tag -width Ds")
            is_open = True
        page += item(option)
    return page + [".El"] * is_open


def in_order(options):
    """As --help has them: sorted by name under each heading, the common ones last."""
    groups = [[]]
    for option in options:
        if not option["name"]:
            groups.append([option])
        elif option["new_group"] and groups[-1]:
            groups.append([option])
        else:
            groups[-1].append(option)
    result = []
    for group in groups:
        heads = [option for option in group if not option["name"]]
        result += heads + sorted((o for o in group if o["name"]), key=lambda o: o["name"])
    return result + COMMON


def main():
    """Reads both files and writes the page."""
    page, options, output = sys.argv[1:]
    with open(options, encoding="utf-8") as file:
        rows = json.load(file)["options"]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(output, "w", encoding="utf-8") as file:
        file.write(text.replace("@OPTIONS@", "\n".join(section(in_order(rows)))))


main()
