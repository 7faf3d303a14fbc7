"""One measurement of one side, in a process of its own: no side meets another's idle threads."""

import importlib
import json
import struct
import time
from pathlib import Path

import mnist

WARM_UP = 1024  # images trained on before the clock starts, by a network of their own


def run(name, job):
    """What a child prints: a rate, an accuracy and who computed it."""
    side = importlib.import_module("side_" + name)
    measure = {"train": train, "infer": infer}[job["what"]]
    measured = measure(side, job) if hasattr(side, "Network") else side.measure(job)
    return {"side": side.describe(), **measured}


def train(side, job):
    """Samples a second of training alone: loading and evaluation are outside."""
    x, y = mnist.arrays(Path(job["data"]), mnist.TRAIN)
    side.Network({**job, "epochs": 1}, 0).train(x[:WARM_UP], y[:WARM_UP])
    network = side.Network(job, job["seed"])
    network.load(read_layers(job["initial"]))
    if hasattr(network, "compile_for"):
        network.compile_for(x, y)
    start = time.perf_counter()
    network.train(x, y)
    seconds = time.perf_counter() - start
    return {"rate": job["epochs"] * len(x) / seconds, "accuracy": accuracy(network, job)}


def infer(side, job):
    network = side.Network(job, 0)
    network.load(read_layers(job["model"]))
    x, _ = mnist.arrays(Path(job["data"]), mnist.TEST)
    seconds = median_seconds(network.predictor(x[:job["samples"]]), job["seconds"])
    return {"rate": job["samples"] / seconds, "accuracy": accuracy(network, job)}


def accuracy(network, job):
    import numpy as np

    x, y = mnist.arrays(Path(job["data"]), mnist.TEST)
    probabilities = np.asarray(network.predictor(x)())
    return float((probabilities.argmax(axis=1) == y).mean())


def median_seconds(call, budget):
    """Of a call; short ones are timed in groups that last a millisecond."""
    call()
    start = time.perf_counter()
    call()
    group = max(1, int(1e-3 / (time.perf_counter() - start)))
    taken, begin = [], time.perf_counter()
    while len(taken) < 5 or time.perf_counter() - begin < budget:
        start = time.perf_counter()
        for _ in range(group):
            call()
        taken.append((time.perf_counter() - start) / group)
    return sorted(taken)[len(taken) // 2]


def read_layers(path):
    """(weight [out, in], bias) of each layer of a model that nnfs-train saved as safetensors."""
    import numpy as np

    content = Path(path).read_bytes()
    size, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])

    def tensor(name):
        begin, end = header[name]["data_offsets"]
        values = np.frombuffer(content[8 + size + begin:8 + size + end], "<f4")
        return values.reshape(header[name]["shape"])
    count = sum(name.endswith(".weight") for name in header)
    return [(tensor(f"layers.{n}.weight"), tensor(f"layers.{n}.bias")) for n in range(count)]
