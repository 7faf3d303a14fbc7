"""The report as a table to read, on a terminal or in a Markdown file."""

APART = 0.03  # accuracies further apart than this are pointed out


def text_of(report, markdown):
    parts = [heading(report), markdown_table(report) if markdown else plain_table(report),
             notes(report)]
    bullet = "- " if markdown else ""
    lines = ["\n".join(bullet + line for line in parts[0]), "\n".join(parts[1]),
             "\n".join(bullet + line for line in parts[2])]
    return "\n\n".join(line for line in lines if line)


def heading(report):
    threads = report["threads"]
    lines = [f"{report['cpu']}, {threads} {'thread' if threads == 1 else 'threads'}; "
             f"medians of {report['rounds']} rounds in alternation"]
    for name, side in sides(report).items():
        lines.append(f"{side['version']}: {side['blas']}")
    for name, package in report["missing"].items():
        lines.append(f"{name}: not installed (pip install {package})")
    if report["environment"]:
        lines.append("environment: " + " ".join(f"{name}={value}" for name, value
                                                in report["environment"].items()))
    return lines


def sides(report):
    """Each as it described itself first."""
    found = {}
    for row in report["rows"]:
        found.setdefault("nnfs", row["nnfs"]["side"])
        for peer, result in row["peers"].items():
            found.setdefault(peer, result["side"])
    return found


def rate(row, side):
    """One sample a call is a wait, in microseconds; all else is samples a second."""
    if row["work"] == "one-sample":
        return f"{1e6 / side['rate']:.1f} us"
    return f"{side['rate']:,.0f}"


def accuracy(side):
    return f"{100 * side['accuracy']:.1f} %"


def apart(row, side):
    return abs(side["accuracy"] - row["nnfs"]["accuracy"]) > APART


def ratio(row, peer):
    return f"{peer['ratio']:.2f}x{'!' if apart(row, peer) else ''}"


def plain_table(report):
    names = ["nnfs", *report["peers"].values()]
    wide = max(len(row["description"]) for row in report["rows"])
    lines = [" " * wide + "".join(f"{name:>{20 if name == 'nnfs' else 28}}" for name in names)]
    for row in report["rows"]:
        ours = row["nnfs"]
        line = f"{row['description']:<{wide}}{rate(row, ours):>12}{accuracy(ours):>8}"
        for name in report["peers"]:
            peer = row["peers"].get(name)
            line += (f"{rate(row, peer):>12}{accuracy(peer):>8}{ratio(row, peer):>8}" if peer
                     else " " * 28)
        lines.append(line.rstrip())
    return lines


def markdown_table(report):
    names = ["nnfs", *report["peers"].values()]
    lines = ["| samples/s (test accuracy) | " + " | ".join(names) + " |",
             "| --- |" + " --- |" * len(names)]
    for row in report["rows"]:
        cells = [row["description"], f"{rate(row, row['nnfs'])} ({accuracy(row['nnfs'])})"]
        for name in report["peers"]:
            peer = row["peers"].get(name)
            cells.append(f"{rate(row, peer)} ({accuracy(peer)}), **{ratio(row, peer)}**" if peer
                         else "")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def notes(report):
    lines = ["Samples/s and test accuracy; a ratio is nnfs over that peer."]
    if any(apart(row, peer) for row in report["rows"] for peer in row["peers"].values()):
        lines.append(f"! test accuracies more than {100 * APART:.0f} points apart: look closer "
                     "before comparing.")
    for row in report["rows"]:
        if row["work"] == "one-sample":
            empty = 1e6 * row["nnfs"]["empty_call"]
            lines.append(f"One sample: through Python on every side; calling nnfs with nothing to "
                         f"do takes {empty:.1f} us of it.")
    return lines
