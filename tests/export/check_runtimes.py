#!/usr/bin/env python3
"""Exports in ONNX Runtime: the model is valid by onnx.checker and predicts what nnfs-predict does, to
1e-5, on every row of tables with awkward cells, on pictures and with every activation; the C program is
compiled and compared by nnfs-export, and what --int8 loses is measured. State dicts in PyTorch, where it is
installed: load_state_dict takes them with strict=True, and the module computes what the imported model does.

Needs onnx, onnxruntime and numpy. Usage: check_runtimes.py BUILD [FOLDER_OF_DATA]
"""
import csv
import datetime
import io
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

from awkward import MISSING, TABLES, days_of, make_awkward, read_pixels, read_table

try:
    import safetensors.torch
    import torch
except ImportError:
    torch = None

BUILD = pathlib.Path(sys.argv[1]).resolve()
DATA = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
ACTIVATIONS = "identity relu leaky_relu elu sigmoid tanh softplus silu gelu selu mish".split()
# What a network can have besides plain layers.
FORMS = [("--preset", "plain", "--normalization", "layer"), ("--preset", "plain", "--normalization", "batch"),
         ("--preset", "plain", "--missing-indicator"), ("--preset", "fast"), ("--preset", "balanced"),
         ("--preset", "fast", "--members", "5"), ("--preset", "plain", "--members", "5"),
         ("--preset", "plain", "--scale", "robust"), ("--preset", "plain", "--scale", "quantile"),
         ("--preset", "plain", "--two-valued"), ("--preset", "plain", "--networks", "3"),
         ("--preset", "balanced", "--category-width", "2"),
         ("--preset", "fast", "--embedding", "periodic:frequencies=6")]
# And with classes or with targets that are never negative.
CLASS_FORMS = [("--preset", "balanced"), ("--preset", "plain", "--networks", "2"),
               ("--preset", "plain", "--validation", "0.3", "--calibration-method", "temperature"),
               ("--preset", "balanced", "--label-smoothing", "0.1", "--ema", "0.9")]
wrong = 0


def run(tool, *arguments):
    done = subprocess.run([BUILD / tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{tool} {arguments}: {done.stderr}")
    return done.stdout


def session_of(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def feeds_of(session, header, rows):
    feeds = {}
    for value in session.get_inputs():
        cells = [row[header.index(value.name)] for row in rows]
        if value.type == "tensor(string)":
            column = np.array(["" if c in MISSING else c for c in cells], dtype=object)
        elif value.type == "tensor(double)":
            column = np.array([days_of(c) for c in cells])
        else:
            column = np.array([np.nan if c in MISSING else float(c) for c in cells], dtype=np.float32)
        feeds[value.name] = column.reshape(-1, 1)
    return feeds


def compare(name, session, feeds, predicted):
    """`predicted` is the CSV of nnfs-predict."""
    global wrong
    rows = list(csv.reader(io.StringIO(predicted)))[1:]
    outputs = [value.name for value in session.get_outputs()]
    results = dict(zip(outputs, session.run(None, feeds)))
    classes = len(outputs) == 2
    values = np.array([row[1:] if classes else row for row in rows], dtype=np.float64)
    got = results[outputs[-1]].astype(np.float64)
    far = np.abs(got - values)
    labels = 0
    if classes:
        labels = sum(str(a) != row[0] for a, row in zip(results[outputs[0]], rows))
    else:
        far /= np.maximum(np.abs(values), values.std(axis=0))
    bad = not far.max() <= 1e-5 or labels > 0 or got.shape != values.shape
    wrong += bad
    kind = "of probabilities" if classes else "relative"
    print(f"{name}: {len(rows)} rows, largest difference {far.max():.2e} {kind}, {labels} other labels"
          + ("  WRONG" if bad else ""), flush=True)


def check_table(work, path, target, *options):
    header, rows = read_table(path)
    model, exported, awkward = work / "m.safetensors", work / "m.onnx", work / "awkward.csv"
    run("nnfs-train", path, "--target", target, "--hidden", "64,32", "-e", 2, "-q", "-o", model, *options)
    rows = make_awkward(header, rows, target)
    with open(awkward, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    run("nnfs-export", model, "--onnx", exported, "--c", work / "m.c", "--check", awkward, "-q")
    session = session_of(exported)
    compare(" ".join([path.name, *map(str, options)]), session, feeds_of(session, header, rows),
            run("nnfs-predict", "-q", model, awkward))


def check_mnist(work, folder):
    model, exported = work / "mnist.safetensors", work / "mnist.onnx"
    run("nnfs-train", folder, "-e", 1, "-q", "-o", model)
    run("nnfs-export", model, "--onnx", exported, "-q")
    pixels = np.array(read_pixels(folder / "t10k-images-idx3-ubyte.gz"), dtype=np.float32)
    compare("mnist", session_of(exported), {"input": pixels}, run("nnfs-predict", "-q", model, folder))


def check_int8(work, data, most, *options):
    """The integer C program loses at most 0.3 points of accuracy, or 1 % of the RMSE."""
    global wrong
    model = work / "int8.safetensors"
    run("nnfs-train", data, "-q", "-o", model, *options)
    printed = run("nnfs-export", model, "--c", work / "int8.c", "--int8", "--check", data)
    line = next(line for line in printed.splitlines() if line.startswith("int8 "))
    integer, real = (float(x.replace(",", "")) for x in re.findall(r"[\d,]*\d\.\d+", line)[:2])
    lost = real - integer if "accuracy" in line else 100 * (integer / real - 1)
    wrong += not lost <= most
    print(f"int8 {data.name} {' '.join(map(str, options))}: {lost:.3f} {'points' if 'accuracy' in line else '%'} "
          f"lost", flush=True)


def check_torch(work, path, target, *options):
    """The state dict in the module that nnfs-export prints, beside the model that nnfs-import makes of it."""
    global wrong
    model, exported, inputs = work / "t.safetensors", work / "torch.safetensors", work / "inputs.npy"
    run("nnfs-train", path, "--target", target, "--preset", "plain", "-e", 2, "-q", "-o", model, *options)
    printed = run("nnfs-export", model, "--safetensors", exported)
    module = eval(next(line for line in printed.splitlines() if line.startswith("model = "))[8:])
    module.load_state_dict(safetensors.torch.load_file(exported), strict=True)
    module.eval()
    width = next(module.parameters()).shape[1]
    x = np.random.default_rng(1).normal(size=(50, width)).astype(np.float32)
    np.save(inputs, x)
    run("nnfs-import", exported, "-q", "-o", model)
    rows = list(csv.reader(io.StringIO(run("nnfs-predict", "-q", model, inputs))))[1:]
    values = np.array([[float(cell) for cell in row] for row in rows])
    with torch.no_grad():
        got = module(torch.from_numpy(x)).numpy().astype(np.float64)
    far = np.abs(got - values[:, -got.shape[1]:]).max() / max(1.0, np.abs(got).max())
    wrong += not far <= 1e-5
    print(f"PyTorch {' '.join(map(str, options))}: largest difference {far:.2e}", flush=True)


def make_small(work):
    """A table of this script's own, for a checkout without data."""
    rng = np.random.default_rng(1)
    path = work / "small.csv"
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["size", "place, or town", "größe", "day", "stamp", "lift", "price"])
        for _ in range(200):
            size = rng.normal()
            town = rng.choice(["Rome", "York, North", 'the "old" town', "Zürich"])
            date = datetime.datetime(1968, 1, 1) + datetime.timedelta(seconds=int(rng.integers(1800000000)))
            out.writerow([f"{size:.3f}", town, f"{rng.normal():.3f}", date.strftime("%d.%m.%Y"),
                          date.isoformat(" "), rng.choice(["yes", "no"]), f"{500 + 100 * size + len(town):.2f}"])
    return path


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    small = make_small(work)
    for activation in ACTIVATIONS:
        check_table(work, small, "price", "--preset", "plain", "--activation", activation)
    for options in FORMS:
        check_table(work, small, "price", *options)
    for options in CLASS_FORMS:
        check_table(work, small, "place, or town", *options)
    check_table(work, small, "price", "--preset", "plain", "--log-target", "yes")
    check_table(work, small, "price", "--preset", "balanced", "--log-target", "yes", "--members", "3")
    for options in [("--activation", name) for name in ACTIVATIONS] + [("--normalization", "layer"),
                                                                       ("--normalization", "batch")]:
        if torch:
            check_torch(work, small, "price", "--hidden", "16,8", *options)
    if torch:
        check_torch(work, small, "place, or town", "--hidden", "16,8")
    else:
        print("PyTorch is not installed: state dicts were not loaded")
    if DATA:
        for name, target in TABLES:
            check_table(work, DATA / name, target, "--preset", "plain")
            check_table(work, DATA / name, target, "--preset", "balanced")
        check_mnist(work, DATA / "mnist")
        check_int8(work, DATA / "mnist", 0.3, "-e", 10)
        for preset in ("plain", "balanced"):
            check_int8(work, DATA / TABLES[0][0], 1.0, "--target", TABLES[0][1], "--preset", preset)
print(f"{wrong} wrong")
sys.exit(wrong > 0)
