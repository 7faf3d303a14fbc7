#!/usr/bin/env python3
"""Exported C on tables with awkward cells and on MNIST: gcc and clang compile it with every warning as an
error and UndefinedBehaviorSanitizer, and it predicts what nnfs-predict does to 1e-5, on every row with gcc,
and on the first ones with clang, on arm64 and on a Cortex-M4 with and without its FPU, where their compilers
and QEMU are.

Usage: check_c.py BUILD FOLDER_OF_DATA
"""
import csv
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile

from awkward import TABLES, make_awkward, read_pixels, read_table

BUILD, DATA = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
HERE = pathlib.Path(__file__).resolve().parent
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-ffp-contract=off"]
CORTEX_ROWS = 200
wrong = 0


def run(*command, given=None):
    done = subprocess.run([str(part) for part in command], capture_output=True, stdin=given)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.decode()[-2000:]}")
    return done.stdout.decode().replace("\r\n", "\n")


def tool(name, *arguments):
    return run(BUILD / name, *arguments)


def has(*programs):
    return all(shutil.which(program) for program in programs)


def compile_cortex(source, program, floats):
    machine = ["-mcpu=cortex-m4", "-mthumb", f"-mfloat-abi={floats}"]
    if floats == "hard":
        machine.append("-mfpu=fpv4-sp-d16")
    start = run("arm-none-eabi-gcc", *machine, "-print-file-name=rdimon-crt0.o").strip()
    run("arm-none-eabi-gcc", "-std=c99", "-O2", *machine, "--specs=rdimon.specs", "-nostartfiles", "-T",
        HERE / "cortex_m/memory.ld", HERE / "cortex_m/start.c", start, "-DMAIN", source, "-lm", "-o", program)


def compile_here(compiler):
    def compile_one(source, program):
        run(compiler, *STRICT, "-fsanitize=undefined", "-fno-sanitize-recover=all", "-DMAIN", source, "-lm",
            "-o", program)
    return compile_one


SOME = 1000  # rows, where all of them take minutes


def machines():
    """Name, how to compile, what runs the program, and the rows that it is given (None: all)."""
    cortex = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none",
              "-semihosting-config", "enable=on,target=native", "-kernel"]
    for compiler in ("gcc", "clang"):
        if has(compiler):
            yield compiler, compile_here(compiler), [], None if compiler == "gcc" else SOME
    if has("aarch64-linux-gnu-gcc", "qemu-aarch64"):
        yield ("arm64", lambda source, program: run("aarch64-linux-gnu-gcc", *STRICT, "-static", "-DMAIN",
                                                    source, "-lm", "-o", program), ["qemu-aarch64"], SOME)
    if has("arm-none-eabi-gcc", "qemu-system-arm"):
        for floats in ("soft", "hard"):
            yield (f"Cortex-M4 {floats}", lambda source, program, floats=floats:
                   compile_cortex(source, program, floats), cortex, CORTEX_ROWS)


def compare(name, expected, got):
    """CSV of predictions: the same names, numbers to 1e-5, of probabilities as they are, of others
    relative to the number or the deviation of its column."""
    global wrong
    expected, got = (list(csv.reader(io.StringIO(text))) for text in (expected, got))
    header, rows = expected[0], expected[1:]
    classes = len(header) > 1
    labels, most = 0, 0.0
    values = [float(row[-1]) for row in rows]
    mean = sum(values) / len(values)
    unit = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    for want, have in zip(rows, got[1:]):
        labels += classes and want[0] != have[0]
        for a, b in zip(want[classes:], have[classes:]):
            far = abs(float(a) - float(b))
            most = max(most, float("inf") if far != far else far if classes else far / max(abs(float(a)), unit))
    bad = header != got[0] or labels > 0 or not most <= 1e-5 or len(rows) != len(got) - 1 or not rows
    wrong += bad
    print(f"{name}: {len(rows)} rows, largest difference {most:.2e}, {labels} other labels"
          + ("  WRONG" if bad else ""), flush=True)


def check(work, name, model, data, header, lines):
    """`lines` is the CSV of the samples behind `header`, `data` the samples as nnfs-predict reads them."""
    source, program = work / "model.c", work / "program"
    tool("nnfs-export", "-q", model, "--c", source)
    expected = tool("nnfs-predict", "-q", model, data)
    for machine, compile_one, runner, most in machines():
        compile_one(source, program)
        given = work / "given.csv"
        given.write_text("".join(header + lines[:most]), encoding="utf-8")
        with open(given, "rb") as file:
            got = run(*runner, program, given=file)
        rows = len(lines[:most])
        compare(f"{name}, {machine}", "".join(expected.splitlines(True)[:rows + 1]), got)


def check_table(work, path, target, *options):
    header, rows = read_table(path)
    model, awkward = work / "m.safetensors", work / "awkward.csv"
    tool("nnfs-train", path, "--target", target, "--hidden", "64,32", "-e", 2, "-q", "-o", model, *options)
    with open(awkward, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *make_awkward(header, rows, target)])
    lines = awkward.read_text(encoding="utf-8").splitlines(True)
    check(work, " ".join([path.name, *options]), model, awkward, lines[:1], lines[1:])


def check_mnist(work, folder):
    model = work / "mnist.safetensors"
    tool("nnfs-train", folder, "-e", 1, "-q", "-o", model)
    pixels = read_pixels(folder / "t10k-images-idx3-ubyte.gz")
    lines = [",".join(map(str, row)) + "\n" for row in pixels]
    check(work, "mnist", model, folder, [], lines)


with tempfile.TemporaryDirectory() as temporary:
    for table, column in TABLES:
        check_table(pathlib.Path(temporary), DATA / table, column, "--preset", "plain")
        check_table(pathlib.Path(temporary), DATA / table, column, "--preset", "balanced")
    check_mnist(pathlib.Path(temporary), DATA / "mnist")
print(f"{wrong} wrong")
sys.exit(wrong > 0)
