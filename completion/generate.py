#!/usr/bin/env python3
"""Writes the completion of the tools for a shell, from what their --describe-options print.

Usage: generate.py bash|zsh|fish TEMPLATE OUTPUT TOOL=OPTIONS.json...
"""

import json
import re
import sys

COMMON = [
    {"name": "help", "letter": "h", "help": "print a summary of the options"},
    {"name": "version", "letter": "V", "help": "print the version"},
]


def short(option):
    """What an option sets, without details."""
    text = re.split(r"[:;,(]| \(", option["help"])[0].strip()
    return text.replace("'", "")


def words(option):
    """The values that can be listed."""
    complete = option.get("complete") or ""
    extra = [] if complete.startswith("@") else complete.split()
    return option.get("values", []) + [word for word in extra if word not in option.get("values", [])]


def files(option):
    """"data", "folder" or a pattern of names; "" for an option that takes none of these."""
    complete = option.get("complete") or ""
    return complete[1:] if complete.startswith("@") else ""


def merged(tools):
    """Each option once, by name: what its values are does not depend on the tool."""
    result = {}
    for described in tools.values():
        for option in described["options"]:
            other = result.setdefault(option["name"], option)
            if (words(other), files(other)) != (words(option), files(option)):
                sys.exit(f"--{option['name']} has different values in two tools")
    return [result[name] for name in sorted(result)]


# ---- bash ----


def bash_pattern(option):
    """The case label of an option."""
    letter = f" | -{option['letter']}" if option.get("letter") else ""
    return f"--{option['name']}{letter}"


def bash_options(name, described):
    """All options of a tool, as a case."""
    long = ["--" + o["name"] + ("=" if o.get("argument") else "") for o in described["options"]]
    letters = ["-" + o["letter"] for o in described["options"] if o.get("letter")]
    return f"    {name}) echo '{' '.join(sorted(long) + sorted(letters))}' ;;"


def bash(tools):
    """What nnfs.bash.in names."""
    options = merged(tools)
    keyed = [option for option in options if option.get("keys")]
    keys = []
    for option in keyed:
        for value in option["values"]:
            used = sorted(k["key"] + "=" for k in option["keys"] if value in k["users"])
            keys.append(f"    --{option['name']}:{value}) echo '{' '.join(used)}' ;;")
    letters = sorted({o["letter"] for o in options if o.get("letter") and o.get("argument")})
    lists = [o for o in options if o.get("list") and not o.get("keys") and words(o)]
    arguments = [
        f"    {tool}-{index if index + 1 < len(described['arguments']) or tool != 'nnfs-report' else '*'})"
        f" echo '{kind[1:]}' ;;"
        for tool, described in tools.items()
        for index, kind in enumerate(described["arguments"])
    ]
    return {
        "OPTIONS": "\n".join(bash_options(*tool) for tool in tools.items()),
        "VALUES": "\n".join(
            f"    {bash_pattern(o)}) echo '{' '.join(words(o))}' ;;" for o in options if words(o)
        ),
        "FILES": "\n".join(
            f"    {bash_pattern(o)}) echo '{files(o)}' ;;" for o in options if files(o)
        ),
        "KEYS": "\n".join(keys),
        "KEYED": " | ".join("--" + option["name"] for option in keyed),
        "LETTERS": "".join(letters),
        "LISTS": " | ".join(bash_pattern(option) for option in lists),
        "ARGUMENTS": "\n".join(arguments),
        "TOOLS": " ".join(tools),
    }


# ---- zsh ----


def zsh_action(option):
    """What _arguments completes the value with."""
    kind = files(option)
    if option.get("keys") or any(word.endswith(":") for word in words(option)):
        return f"_nnfs_{option['name'].replace('-', '_')}"
    if kind == "data":
        return "_nnfs_data"
    if kind == "folder":
        return "_files -/"
    if kind:
        return "_files" if kind == "*" else f'_files -g "{kind}"'
    if option.get("list") and len(words(option)) > 1:
        return f"_values -s , {option['name']} {' '.join(words(option))}"
    return f"({' '.join(words(option))})" if words(option) else ""


def zsh_spec(option):
    """An option as _arguments takes it."""
    name, letter, text = option["name"], option.get("letter"), short(option)
    value = f":{name}:{zsh_action(option)}" if option.get("argument") else ""
    plus, equals = ("+", "=") if option.get("argument") else ("", "")
    if not letter:
        return f"'--{name}{equals}[{text}]{value}'"
    shut = "- *" if option in COMMON else f"-{letter} --{name}"
    return f"'({shut})'{{-{letter}{plus},--{name}{equals}}}'[{text}]{value}'"


def zsh_function(option):
    """Completes values that are not the end of a word: NAME:SCALE, NAME:KEY=VALUE,..."""
    head = f"_nnfs_{option['name'].replace('-', '_')}() {{"
    whole = [word for word in words(option) if not word.endswith(":")]
    parts = [word for word in words(option) if word.endswith(":")]
    if not option.get("keys"):
        return [head, f"    compadd -S ' ' {' '.join(whole)}", f"    compadd -S '' {' '.join(parts)}", "}", ""]
    used = [
        f"        {value} '{' '.join(k['key'] for k in option['keys'] if value in k['users'])}'"
        for value in option["values"]
    ]
    return [
        head,
        "    local -A keys",
        "    keys=(",
        *used,
        "    )",
        "    if compset -P '*[:,]'; then",
        "        local name=${${IPREFIX##*=}%%:*}",
        "        compadd -S = ${=keys[$name]}",
        "    else",
        f"        compadd -S '' {' '.join(whole)}",
        "    fi",
        "}",
        "",
    ]


def zsh_tool(name, described):
    """The case of a tool."""
    kinds = described["arguments"]
    specs = [zsh_spec(option) for option in described["options"] + COMMON]
    for index, kind in enumerate(kinds):
        place = "*" if name == "nnfs-report" else index + 1
        action = zsh_action({"name": "", "complete": kind})
        specs.append(f"'{place}:{'data' if kind == '@data' else 'file'}:{action}'")
    body = " \\\n".join("            " + spec for spec in specs)
    return f"    {name})\n        _arguments -s \\\n{body}\n        ;;"


def zsh(tools):
    """What _nnfs.in names."""
    special = [o for o in merged(tools) if zsh_action(o).startswith("_nnfs_") and files(o) != "data"]
    return {
        "TOOLS": " ".join(tools),
        "FUNCTIONS": "\n".join(line for option in special for line in zsh_function(option)),
        "CASES": "\n".join(zsh_tool(*tool) for tool in tools.items()),
    }


# ---- fish ----


def fish_option(tool, option):
    """A complete command."""
    kind = files(option)
    parts = [f"complete -c {tool}"]
    parts += [f"-s {option['letter']}"] if option.get("letter") else []
    parts.append(f"-l {option['name']}")
    if kind == "folder":
        parts.append("-x -a '(__fish_complete_directories)'")
    elif kind == "data":
        parts.append("-r -F -a '(__nnfs_data)'")
    elif kind:
        parts.append("-r -F")
    elif option.get("list") and len(words(option)) > 1 and not option.get("keys"):
        parts.append(f"-x -a '(__nnfs_list {' '.join(words(option))})'")
    elif option.get("argument"):
        parts.append("-x" + (f" -a '{' '.join(words(option))}'" if words(option) else ""))
    return " ".join([*parts, f"-d '{short(option)}'"])


def fish(tools):
    """What nnfs.fish.in names."""
    rows = []
    for tool, described in tools.items():
        rows.append(f"complete -c {tool} -e")
        if "@data" in described["arguments"]:
            rows.append(f"complete -c {tool} -a '(__nnfs_data)' -d dataset")
        rows += [fish_option(tool, option) for option in described["options"] + COMMON]
    return {"COMPLETE": "\n".join(rows)}


def main():
    """Reads the tools' options and writes the file."""
    shell, template, output = sys.argv[1:4]
    tools = {}
    for argument in sys.argv[4:]:
        tool, path = argument.split("=", 1)
        with open(path, encoding="utf-8") as file:
            described = json.load(file)
        described["options"] = [option for option in described["options"] if option["name"]]
        tools[tool] = described
    with open(template, encoding="utf-8") as file:
        text = file.read()
    if shell == "bash":
        for described in tools.values():
            described["options"] += COMMON
    for name, value in {"bash": bash, "zsh": zsh, "fish": fish}[shell](tools).items():
        text = text.replace(f"@{name}@", value)
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)


main()
