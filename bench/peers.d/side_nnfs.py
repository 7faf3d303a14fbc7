"""nnfs: nnfs-train measures its own epochs; the library is called through ctypes."""

import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path

import mnist
from child import median_seconds

machine = {}  # as it last described itself


def describe():
    kernel = f", kernel {machine['kernel']}" if machine.get("kernel") else ""
    return {"version": f"nnfs {machine['version']}", "blas": machine["blas"] + kernel,
            "cpu": machine["cpu"]}


def measure(job):
    return {"train": train, "infer": infer}[job["what"]](job)


def run_tool(job, log, output):
    subprocess.run(
        [job["tool"], "--quiet", f"--log={log}", f"--output={output}",
         f"--hidden={','.join(map(str, job['hidden']))}", f"--batch={job.get('batch', 128)}",
         f"--optimizer={job.get('optimizer', 'adam')}", f"--lr={job.get('rate', 0.001)}",
         "--schedule=constant",
         f"--epochs={job.get('epochs', 2)}", f"--seed={job['seed']}",
         f"--threads={job['threads']}", job["data"]],
        check=True, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in Path(log).read_text().splitlines()]


def train(job):
    """Its log's epochs: seconds of training alone, without loading and evaluation."""
    with tempfile.TemporaryDirectory() as folder:
        start, *lines, end = run_tool(job, f"{folder}/log", "none")
    epochs = [line for line in lines if line["event"] == "epoch"]
    machine.update(start["machine"], version=start["version"])
    samples = job["epochs"] * start["data"]["train"]["samples"]
    return {"rate": samples / sum(epoch["seconds"] for epoch in epochs),
            "accuracy": end["test_accuracy"]}


# ---- The library ----

class Machine(ctypes.Structure):
    """nnfs_machine of <nnfs/nnfs.h>."""

    _fields_ = [("cpu", ctypes.c_char * 64), ("blas", ctypes.c_char * 64),
                ("kernel", ctypes.c_char * 32), ("cores", ctypes.c_int),
                ("threads", ctypes.c_int), ("advice", ctypes.c_char * 192)]


class Error(ctypes.Structure):
    """nnfs_error."""

    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 508)]


def checked(function, *types):
    """The function, raising what it fails with."""
    function.argtypes = [*types, ctypes.POINTER(Error)]

    def call(*arguments):
        error = Error()
        if function(*arguments, ctypes.byref(error)):
            raise RuntimeError(error.message.decode())
    return call


def prepare(library, threads):
    """Follows the library's advice about the BLAS's kernels by starting again, as the tools do."""
    described = Machine()
    checked(library.nnfs_machine_prepare, ctypes.c_int, ctypes.POINTER(Machine))(
        threads, ctypes.byref(described))
    better = re.search(rb"OPENBLAS_CORETYPE=(\w+)", described.advice)
    if better and "OPENBLAS_CORETYPE" not in os.environ:
        os.environ["OPENBLAS_CORETYPE"] = better[1].decode()
        os.execv(sys.executable, [sys.executable, *sys.argv])
    library.nnfs_version.restype = ctypes.c_char_p
    machine.update({name: getattr(described, name).decode() for name in ("cpu", "blas", "kernel")},
                   version=library.nnfs_version().decode())


def infer(job):
    library = ctypes.CDLL(job["library"])
    prepare(library, job["threads"])
    network = ctypes.c_void_p()
    checked(library.nnfs_network_load, ctypes.c_char_p, ctypes.c_void_p)(
        job["model"].encode(), ctypes.byref(network))
    pixels = mnist.read_idx(mnist.file_of(Path(job["data"]), mnist.TEST, "images"))[1]
    labels = mnist.read_idx(mnist.file_of(Path(job["data"]), mnist.TEST, "labels"))[1]
    levels = [level / 255 for level in range(256)]
    x = array("f", map(levels.__getitem__, pixels))
    outputs = (ctypes.c_float * (10 * len(labels)))()

    def predictor(samples):
        """nnfs_predict with its arguments made beforehand: what is left of Python is a call."""
        predict = library.nnfs_predict
        predict.argtypes = None
        arguments = (network, ctypes.c_void_p(x.buffer_info()[0]), ctypes.c_int64(samples),
                     ctypes.c_int(job["threads"]), outputs, None)
        return lambda: predict(*arguments)

    if predictor(len(labels))():
        raise RuntimeError("nnfs_predict failed")
    rows = (outputs[i:i + 10] for i in range(0, len(outputs), 10))
    right = sum(row.index(max(row)) == label for row, label in zip(rows, labels))
    seconds = median_seconds(predictor(job["samples"]), job["seconds"])
    return {"rate": job["samples"] / seconds, "accuracy": right / len(labels),
            "empty_call": median_seconds(predictor(0), 0.01)}
