"""bench/plot draws what the benchmarks write, and refuses the rest. Usage: plot.py PLOT"""

import json
import subprocess
import sys
import tempfile
import xml.dom.minidom
from pathlib import Path

MACHINE = {"cpu": "A <CPU> & more", "blas": "OpenBLAS 1.2", "kernel": "Fast", "cores": 2,
           "threads": 2, "peak_gflops_one_thread": 100.0, "peak_gflops": 200.0}
PRODUCT = {"network": "4-2", "product": "forward", "batch": 32, "m": 2, "n": 32, "k": 4}
GEMM = {"schema": "nnfs-bench/1", "benchmark": "gemm_vs_naive", "machine": MACHINE, "rows": [
    {**PRODUCT, "naive_gflops": 2.0, "blas_gflops": 40.0, "share_of_peak": 0.4},
    {**PRODUCT, "product": "dW", "naive_gflops": 2.0, "blas_gflops": 10.0, "share_of_peak": 0.1},
    {"network": "4-2", "whole": "step", "batch": 32, "threads": 2, "naive_gflops": 3.0,
     "blas_gflops": 36.0, "share_of_peak": 0.18}]}
NAIVE = {**GEMM, "rows": [{**PRODUCT, "naive_gflops": 2.0}]}
STEPS = {"schema": "nnfs-train-step/1", "machine": MACHINE, "peak_gflops": {"1": 100, "2": 200},
         "works": [{"network": "4-2", "batch": 32, "optimizer": "sgd", "threads": threads,
                    "samples_per_second": 12345.6, "gflops": 90.0, "peak_share": 0.9 / threads,
                    "sgemm_share": 0.9, "parts": {"gather": 0.1, "elementwise": 0.05,
                                                  "optimizer": 0.05, "waiting": 0.0,
                                                  "sgemm": 0.8}} for threads in (1, 2)]}


def plot(content, *options):
    path = Path(folder) / "figures.json"
    path.write_text(content)
    return subprocess.run([sys.executable, sys.argv[1], *options, str(path)], text=True,
                          capture_output=True)


def texts(report, *options):
    """What the picture says, once it is well-formed."""
    done = plot(json.dumps(report), *options)
    assert done.returncode == 0, done.stderr
    picture = xml.dom.minidom.parseString(done.stdout)
    for name in ("title", "desc"):
        assert picture.getElementsByTagName(name)[0].firstChild.data
    return [text.firstChild.data for text in picture.getElementsByTagName("text")]


with tempfile.TemporaryDirectory() as folder:
    assert "12 x" in texts(GEMM)  # 36 / 3, the step
    assert "8.0 x" in texts(GEMM, "--of", "products")  # the harmonic mean of 40 and 10 is 16
    assert not any(text.endswith(" x") for text in texts(NAIVE))
    said = texts(STEPS)
    assert {"12,346", "90 %", "45 %", "4-2", "batch 32, SGD"} <= set(said), said
    assert any("A <CPU> & more" in text for text in said)
    for wrong in ("", "[1]", '{"schema": "other/1"}', json.dumps({**GEMM, "rows": []}),
                  json.dumps({**STEPS, "works": [{}]})):
        done = plot(wrong)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, (wrong, done)
