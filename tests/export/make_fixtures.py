#!/usr/bin/env python3
"""Makes tests/data/import: networks of PyTorch, scikit-learn and of the form that tf2onnx gives Keras's,
each with inputs and its own outputs (NAME.values, safetensors of x and y), and files to refuse.

Needs torch, onnx, onnxruntime, safetensors, scikit-learn, skl2onnx, and the tools in PATH.
Usage: make_fixtures.py FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch
from skl2onnx import to_onnx
from sklearn.neural_network import MLPClassifier, MLPRegressor

FOLDER = pathlib.Path(sys.argv[1])
ACCEPT = FOLDER / "accept"
REFUSE = FOLDER / "refuse"
RNG = np.random.default_rng(1)
torch.manual_seed(1)


def values(name, x, y):
    save_file({"x": np.ascontiguousarray(x, dtype=np.float32),
               "y": np.ascontiguousarray(y, dtype=np.float32)}, ACCEPT / f"{name}.values")


def inputs(width):
    return RNG.normal(size=(8, width)).astype(np.float32)


# ---- PyTorch ----

def randomize_norms(model):
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            for tensor in (module.weight, module.running_var):
                tensor.data = torch.rand_like(tensor) + 0.5
            for tensor in (module.bias, module.running_mean):
                tensor.data = torch.randn_like(tensor)


def state_dict(name, model, width, prefix="", dtype=None):
    randomize_norms(model)
    model.eval()
    if dtype:
        model = model.to(dtype).float()
    x = inputs(width)
    with torch.no_grad():
        values(name, x, model(torch.from_numpy(x)).numpy())
    tensors = {prefix + k: (v.to(dtype) if dtype and v.is_floating_point() else v).contiguous()
               for k, v in model.state_dict().items()}
    save_torch(tensors, ACCEPT / f"{name}.safetensors")


nn = torch.nn
state_dict("torch-relu", nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)), 5)
state_dict("torch-prefix", nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)), 4, "net.body.")
state_dict("torch-norm-before", nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(),
                                              nn.Linear(6, 2)), 4)
state_dict("torch-norm-after", nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 6), nn.ReLU(),
                                             nn.BatchNorm1d(6), nn.Linear(6, 2, bias=False)), 4)
deep = [m for i in range(6) for m in (nn.Linear(4, 4), nn.ReLU())]
state_dict("torch-twelve-modules", nn.Sequential(*deep, nn.Linear(4, 1)), 4)
state_dict("torch-half", nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)), 4,
           dtype=torch.float16)


def torch_onnx(name, model, width):
    randomize_norms(model)
    model.eval()
    x = inputs(width)
    path = ACCEPT / f"{name}.onnx"
    torch.onnx.export(model, torch.from_numpy(x), str(path), dynamo=False, opset_version=17,
                      dynamic_axes={"input": {0: "batch"}}, input_names=["input"],
                      do_constant_folding=True)
    with torch.no_grad():
        values(name, x, model(torch.from_numpy(x)).numpy())


torch_onnx("torch-gelu-silu", nn.Sequential(nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 6), nn.SiLU(),
                                            nn.Linear(6, 3), nn.Softmax(dim=1)), 5)
torch_onnx("torch-batchnorm", nn.Sequential(nn.Flatten(), nn.BatchNorm1d(5), nn.Linear(5, 7),
                                            nn.BatchNorm1d(7), nn.ELU(), nn.Linear(7, 1)), 5)
torch_onnx("torch-many", nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.01), nn.Linear(4, 4),
                                       nn.Softplus(), nn.Dropout(0.5), nn.Linear(4, 4), nn.Tanh(),
                                       nn.Linear(4, 2), nn.Sigmoid()), 3)


# ---- scikit-learn ----

def scikit(name, model, classes, zipmap):
    x = inputs(4)
    y = (x[:, 0] * 2).round() % classes if classes else x[:, :2].sum(axis=1)
    model.fit(np.tile(x, (4, 1)), np.tile(y, 4))
    options = {id(model): {"zipmap": zipmap}} if classes else None
    made = to_onnx(model, x[:1], options=options, target_opset=17)
    (ACCEPT / f"{name}.onnx").write_bytes(made.SerializeToString())
    values(name, x, model.predict_proba(x) if classes else model.predict(x).reshape(len(x), -1))


small = {"hidden_layer_sizes": (5,), "max_iter": 30, "random_state": 1}
scikit("sklearn-classes", MLPClassifier(**small), 3, True)
scikit("sklearn-two-classes", MLPClassifier(activation="tanh", **small), 2, False)
scikit("sklearn-numbers", MLPRegressor(activation="logistic", **small), 0, False)


# ---- Graphs by hand ----

def model(nodes, tensors, width=4, outputs=2, x="x", y="y", opset=17, extra_inputs=()):
    graph = helper.make_graph(
        nodes, "graph",
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["N", width]), *extra_inputs],
        [helper.make_tensor_value_info(y, TensorProto.FLOAT, ["N", outputs])],
        [numpy_helper.from_array(v, k) for k, v in tensors.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def floats(*shape):
    return RNG.normal(size=shape).astype(np.float32)


node = helper.make_node
layer = {"w": floats(4, 2), "b": floats(2)}
# As tf2onnx writes Keras's Dense: MatMul with the kernel, Add with the bias.
keras = model([node("MatMul", ["x", "k1"], ["m1"]), node("Add", ["m1", "b1"], ["a1"]),
               node("Relu", ["a1"], ["r1"]), node("MatMul", ["r1", "k2"], ["m2"]),
               node("Add", ["m2", "b2"], ["a2"]), node("Softmax", ["a2"], ["y"], axis=-1)],
              {"k1": floats(4, 5), "b1": floats(5), "k2": floats(5, 2), "b2": floats(2)})
(ACCEPT / "keras-form.onnx").write_bytes(keras.SerializeToString())
x = inputs(4)
session = onnxruntime.InferenceSession(keras.SerializeToString())
values("keras-form", x, session.run(None, {"x": x})[0])


def refuse(name, made):
    (REFUSE / f"{name}.onnx").write_bytes(made if isinstance(made, bytes)
                                          else made.SerializeToString())


gemm = node("Gemm", ["x", "w", "b"], ["y"])
good = model([gemm], layer).SerializeToString()
refuse("empty", b"")
refuse("cut", good[:len(good) // 2])
refuse("not-onnx", b"This is a text, not a model.\n")
refuse("no-graph", helper.make_model(helper.make_graph([], "g", [], [])).SerializeToString()[:6])
refuse("convolution", model([node("Conv", ["x", "w"], ["c"]), node("Gemm", ["c", "w", "b"], ["y"])],
                            layer))
refuse("recurrent", model([node("LSTM", ["x", "w", "w"], ["c"]),
                           node("Gemm", ["c", "w", "b"], ["y"])], layer))
refuse("residual", model([node("Gemm", ["x", "w", "b"], ["h"]), node("Relu", ["h"], ["r"]),
                          node("Add", ["h", "r"], ["y"])], layer))
refuse("two-inputs", model([gemm], layer, extra_inputs=[
    helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 1])]))
refuse("shapes", model([gemm], {"w": floats(4, 2), "b": floats(3)}))
refuse("layers-do-not-fit", model([node("Gemm", ["x", "w", "b"], ["h"]),
                                   node("Gemm", ["h", "w", "b"], ["y"])], layer))
refuse("alpha", model([node("Gemm", ["x", "w", "b"], ["h"]),
                       node("LeakyRelu", ["h"], ["y"], alpha=0.3)], layer))
refuse("cycle", model([node("Gemm", ["z", "w", "b"], ["y"]), node("Relu", ["y"], ["z"])], layer))
refuse("not-finite", model([gemm], {"w": np.full((4, 2), np.nan, np.float32), "b": floats(2)}))
refuse("weights-of-inputs", model([node("MatMul", ["x", "x"], ["y"])], layer))
refuse("scaling-at-the-end", model([node("Gemm", ["x", "w", "b"], ["h"]), node("Relu", ["h"], ["r"]),
                                    node("Mul", ["r", "b"], ["y"])], layer))
short = onnx.load_from_string(good)
short.graph.initializer[0].dims[0] = 40
refuse("short-data", short)
table = onnx.load_from_string(good)
entry = table.metadata_props.add()
entry.key = "nnfs.preprocessing"
entry.value = "{}"
refuse("preprocessing", table)


# What nnfs itself writes, changed: members whose mean is that of samples, embeddings of other operators and
# of other constants.
def written(*options):
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        rows = np.column_stack([np.arange(60) % 3, RNG.normal(size=(60, 3)).round(3)])
        np.savetxt(work / "t.csv", rows, "%g", ",", header="kind,a,b,c", comments="")
        subprocess.run(["nnfs-train", "t.csv", "--preset", "plain", "--hidden", "4", "-e", "1", "-q", "-o", "m",
                        *options], cwd=work, check=True)
        subprocess.run(["nnfs-export", "m", "--onnx", "m.onnx", "-q"], cwd=work, check=True)
        return onnx.load(work / "m.onnx")


made = written("--members", "3")
next(n for n in made.graph.node if n.op_type == "ReduceMean").attribute[0].ints[0] = 1
refuse("members", made)
made = written("--embedding", "piecewise:bins=4,width=3")
next(n for n in made.graph.node if n.op_type == "Max").op_type = "Min"
refuse("embeddings", made)
made = written("--embedding", "piecewise:bins=4,width=3")
limits = next(i for i in made.graph.initializer if i.name.endswith("/upper"))
limits.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(limits) * np.float32(2), limits.name))
refuse("embedding-limits", made)
made = written("--embedding", "periodic:frequencies=4,width=3")
next(n for n in made.graph.node if n.op_type == "Cos").op_type = "Sin"
refuse("embedding-sine", made)
for name, kind, end, part in [
        ("embedding-waves", "periodic:frequencies=4,width=3", "/w2", np.s_[:-1]),
        ("embedding-places", "periodic:frequencies=4,width=3", "/embedded", np.s_[:-1]),
        ("embedding-slope", "piecewise:bins=4,width=3", "/slope", np.s_[:-1]),
        ("embedding-others", "piecewise:bins=4,width=3", "/others", np.s_[:0]),
        ("embedding-vectors", "piecewise:bins=4,width=3", "/vectors 0", np.s_[:, :1]),
        ("embedding-rows", "piecewise:bins=4,width=3", "/vectors 0", np.s_[:-1])]:
    options = ["--categorical", "kind"] + ["--category-width", "2"] * ("vectors" in end)
    made = written("--embedding", kind, *options)
    changed = next(i for i in made.graph.initializer if i.name.endswith(end))
    changed.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(changed)[part], changed.name))
    refuse(name, made)
made = written("--networks", "2")
next(n for n in reversed(made.graph.node) if n.op_type == "Relu").op_type = "Tanh"
refuse("networks", made)


def refuse_torch(name, tensors):
    save_file(tensors, REFUSE / f"{name}.safetensors")


refuse_torch("chain", {"0.weight": floats(3, 4), "2.weight": floats(2, 5)})
refuse_torch("kernel", {"0.weight": floats(3, 4, 2, 2), "0.bias": floats(3)})
refuse_torch("attention", {"0.weight": floats(3, 4), "1.in_proj_weight": floats(3, 3)})
refuse_torch("integers", {"0.weight": np.ones((3, 4), np.int32)})
refuse_torch("bias", {"0.weight": floats(3, 4), "0.bias": floats(4)})
refuse_torch("norm-width", {"0.weight": floats(3, 4), "1.running_mean": floats(5),
                            "1.running_var": floats(5) ** 2})
