#!/usr/bin/env python3
"""Makes the golden cases of embeddings, selu, mish, normalisation, dropout, smoothing, clipping, weights and gradients with PyTorch
in float64: `make_golden.py FOLDER`. Needs torch, numpy and safetensors. golden.c says what a case holds."""

import json
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)
SEED = 7  # of the dropout that golden.c asks for
FIRST_STEP_BY_HAND = 1 << 27
STEPS = 5


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011) of one counter."""
    c, k = [int(x) for x in counter], [int(x) for x in key]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def factors(share, layer, step, samples, units):
    """What dropout multiplies by; layer -1 is the inputs. A unit is half of a word of a draw."""
    mask = np.ones((samples, units))
    if share == 0.0:
        return torch.tensor(mask)
    threshold = int(np.float32(share) * np.float32(65536) + np.float32(0.5))
    keep = np.float32(1) / (np.float32(1) - np.float32(share))
    for sample in range(samples):
        for unit in range(units):
            draw = (layer + 1) * (1 << 22) + unit // 8
            words = philox([draw, sample, 0, (FIRST_STEP_BY_HAND + step) ^ (5 << 28)], [SEED, 0])
            bits = words[unit % 8 // 2] >> (16 * (unit % 2)) & 0xFFFF
            mask[sample, unit] = 0.0 if bits < threshold else keep
    return torch.tensor(mask)


def noise(deviation, layer, step, samples, units):
    """What is added; a unit is one of the four numbers of a draw (Box and Muller 1958)."""
    added = np.zeros((samples, units))
    for sample in range(samples if deviation else 0):
        for unit in range(units):
            draw = (layer + 1) * (1 << 22) + unit // 4
            words = philox([draw, sample, 0, (FIRST_STEP_BY_HAND + step) ^ (7 << 28)], [SEED, 0])
            first, second = words[unit % 4 // 2 * 2], words[unit % 4 // 2 * 2 + 1]
            radius, angle = np.sqrt(-2 * np.log((first + 1) / 2**32)), 2 * np.pi * second / 2**32
            added[sample, unit] = radius * (np.sin(angle) if unit % 2 else np.cos(angle))
    return torch.tensor(float(np.float32(deviation)) * added)


ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    "selu": torch.selu,
    "mish": torch.nn.functional.mish,
    "sigmoid": torch.sigmoid,
    "exponential": torch.exp,
    "softmax": lambda z: torch.softmax(z, 1),
}


class Piecewise:
    """w0 x + b0 + P ple(x); a row of the table has w0, b0 and the columns of P."""

    def __init__(self, number, settings):
        self.number, self.settings = number, settings
        self.inputs, self.width, self.bins = settings["inputs"], settings["width"], settings["bins"]

    def used(self):
        return self.inputs

    def draw(self, tensors, random, single):
        edges = np.sort(single(len(self.inputs), self.bins + 1), 1)
        edges[0, -1] = np.finfo(np.float32).max  # one piece less
        tensors["edges" + str(self.number)] = edges
        tensors["table" + str(self.number)] = single(len(self.inputs), (self.bins + 2) * self.width)
        self.edges = edges.astype(np.float64)

    def __call__(self, x, parameters):
        vectors = []
        for i, column in enumerate(self.inputs):
            edges = torch.tensor(self.edges[i][self.edges[i] < 1e30])
            value, last = x[:, column, None], len(edges) - 2
            share = (value - edges[:-1]) / (edges[1:] - edges[:-1])
            share = torch.cat([share[:, :1].clamp(max=1), share[:, 1:last].clamp(0, 1), share[:, last:].clamp(min=0)], 1)
            table = parameters["table" + str(self.number)][i].reshape(-1, self.width)
            vectors.append(value * table[0] + table[1] + share @ table[2:len(edges) + 1])
        return torch.cat(vectors, 1)


class Category:
    """torch.nn.Embedding of each run of inputs, which are one-hot; a row of the table is a vector."""

    def __init__(self, number, settings):
        self.number, self.settings = number, settings
        self.inputs, self.width, self.sizes = settings["inputs"], settings["width"], settings["sizes"]

    def used(self):
        return [first + i for first, size in zip(self.inputs, self.sizes) for i in range(size)]

    def draw(self, tensors, random, single):
        samples = len(tensors["x"])
        for first, size in zip(self.inputs, self.sizes):
            tensors["x"][:, first:first + size] = np.eye(size, dtype=np.float32)[random.integers(0, size, samples)]
        tensors["table" + str(self.number)] = single(sum(self.sizes), self.width)

    def __call__(self, x, parameters):
        vectors, begin = [], 0
        for first, size in zip(self.inputs, self.sizes):
            table = parameters["table" + str(self.number)][begin:begin + size]
            vectors.append(torch.nn.functional.embedding(x[:, first:first + size].argmax(1), table))
            begin += size
        return torch.cat(vectors, 1)


class Periodic:
    """[c + W2 cos(2 pi w x + b), x]; a row of the table has w, b, W2 by frequency and c."""

    def __init__(self, number, settings):
        self.number, self.settings = number, settings
        self.inputs, self.width, self.count = settings["inputs"], settings["width"], settings["frequencies"]

    def used(self):
        return self.inputs

    def draw(self, tensors, random, single):
        rows = 2 * self.count + (self.width - 1) * (self.count + 1)
        tensors["table" + str(self.number)] = 3 * single(len(self.inputs), rows)

    def __call__(self, x, parameters):
        vectors, k = [], self.count
        for i, column in enumerate(self.inputs):
            table, value = parameters["table" + str(self.number)][i], x[:, column, None]
            weights = table[2 * k:].reshape(k + 1, self.width - 1)
            waves = torch.cos(2 * torch.pi * table[:k] * value + table[k:2 * k])
            vectors += [waves @ weights[:k] + weights[k], value]
        return torch.cat(vectors, 1)


EMBEDDINGS = {"piecewise": Piecewise, "category": Category, "periodic": Periodic}


class Case:
    def __init__(self, name, sizes, activations, loss="mse", batch=9, optimizer="sgd", normalization=None,
                 dropout=None, input_dropout=0.0, label_smoothing=0.0, clip_norm=0.0, weights=False,
                 output_gradient=None, ema=0.0, noise=(0.0, 0.0), embeddings=(),
                 quantile=0.5):
        layers = len(activations)
        self.name, self.sizes, self.activations, self.loss = name, sizes, activations, loss
        self.batch, self.optimizer = batch, optimizer
        self.normalization = normalization or ["none"] * layers
        self.dropout = dropout or [0.0] * layers
        self.input_dropout, self.smoothing, self.clip = input_dropout, label_smoothing, clip_norm
        self.momentum = 0.0  # of running statistics
        self.ema = ema
        self.quantile = float(np.float32(quantile))
        self.noise, self.layer_noise = noise
        self.embeddings = [EMBEDDINGS[e["kind"]](number, e) for number, e in enumerate(embeddings)]
        self.given = output_gradient  # "outputs", "logits" or None
        self.draw(weights)

    def draw(self, weights):
        random = np.random.default_rng(sum(map(ord, self.name)))
        single = lambda *shape: random.uniform(-1, 1, shape).astype(np.float32)
        self.tensors = {"x": single(self.batch, self.sizes[0])}
        for embedding in self.embeddings:
            embedding.draw(self.tensors, random, single)
        others = set(range(self.sizes[0])) - {i for e in self.embeddings for i in e.used()}
        self.others = sorted(others)
        wide = [len(others) + sum(len(e.inputs) * e.width for e in self.embeddings), *self.sizes[1:]]
        outputs = self.sizes[-1]
        if self.loss == "cross_entropy":
            self.tensors["y"] = np.eye(outputs, dtype=np.float32)[random.integers(0, outputs, self.batch)]
        elif self.loss == "binary_cross_entropy":
            self.tensors["y"] = random.integers(0, 2, (self.batch, outputs)).astype(np.float32)
        elif self.loss == "poisson":
            self.tensors["y"] = random.poisson(1.5, (self.batch, outputs)).astype(np.float32)
        else:
            self.tensors["y"] = single(self.batch, outputs)
        for i, normalization in enumerate(self.normalization):
            self.tensors[f"w{i}"] = single(wide[i], self.sizes[i + 1])
            self.tensors[f"b{i}"] = single(self.sizes[i + 1])
            if normalization != "none":
                self.tensors[f"scale{i}"] = 1 + single(self.sizes[i + 1]) / 2
            if normalization == "batch":
                self.tensors[f"running_mean{i}"] = single(self.sizes[i + 1])
                self.tensors[f"running_variance{i}"] = 1 + single(self.sizes[i + 1]) / 2
        if weights:
            self.tensors["sample_weights"] = 1 + single(self.batch)
            self.tensors["sample_weights"][0] = 0
        if self.given:
            self.tensors["output_gradient"] = single(self.batch, outputs)
        double = {key: torch.tensor(value.astype(np.float64)) for key, value in self.tensors.items()}
        self.x, self.y = double["x"].requires_grad_(), double["y"]
        self.weights = double.get("sample_weights", torch.ones(self.batch))
        self.output_gradient = double.get("output_gradient")
        learnt = ("w", "b", "scale", "table")
        self.parameters = {k: v.requires_grad_() for k, v in double.items()
                           if k[:-1] in learnt and k[-1].isdigit()}
        self.running = {k: v for k, v in double.items() if k.startswith("running")}

    def logits(self, step=None):
        """In evaluation where no step is given."""
        a = self.x
        training = step is not None
        if training:
            a = a + noise(self.noise, -1, step, self.batch, self.sizes[0])
        if self.embeddings:
            a = torch.cat([e(a, self.parameters) for e in self.embeddings] + [a[:, self.others]], 1)
        if training:
            a = a * factors(self.input_dropout, -1, step, self.batch, a.shape[1])
        for i, normalization in enumerate(self.normalization):
            z = a @ self.parameters[f"w{i}"]
            bias, scale = self.parameters[f"b{i}"], self.parameters.get(f"scale{i}")
            if normalization == "batch":
                z = torch.nn.functional.batch_norm(
                    z, self.running[f"running_mean{i}"], self.running[f"running_variance{i}"], scale, bias,
                    training=training, momentum=self.momentum, eps=1e-5)
            elif normalization == "layer":
                z = torch.nn.functional.layer_norm(z, [self.sizes[i + 1]], scale, bias, eps=1e-5)
            else:
                z = z + bias
            if i + 1 == len(self.activations):
                return z
            if training:
                z = z + noise(self.layer_noise, i, step, self.batch, self.sizes[i + 1])
            a = ACTIVATIONS[self.activations[i]](z)
            if training:
                a = a * factors(self.dropout[i], i, step, self.batch, self.sizes[i + 1])

    def objective(self, step, momentum):
        self.momentum = momentum
        z = self.logits(step)
        outputs = ACTIVATIONS[self.activations[-1]](z)
        if self.given:
            return torch.sum((outputs if self.given == "outputs" else z) * self.output_gradient)
        if self.loss == "cross_entropy":
            terms = torch.nn.functional.cross_entropy(z, self.y.argmax(1), reduction="none",
                                                      label_smoothing=self.smoothing)[:, None]
        elif self.loss == "binary_cross_entropy":
            y = self.y * (1 - self.smoothing) + self.smoothing / 2
            terms = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        elif self.loss == "poisson":
            terms = torch.nn.functional.poisson_nll_loss(z, self.y, log_input=True, reduction="none")
        elif self.loss == "quantile":
            error = self.y - outputs
            terms = torch.maximum(self.quantile * error, (self.quantile - 1) * error)
        else:
            terms = (outputs - self.y) ** 2
        return torch.mean(terms * self.weights[:, None])

    def make_optimizer(self):
        kind, rate = (torch.optim.Adam, 0.01) if self.optimizer == "adam" else (torch.optim.SGD, 0.1)
        rate = float(np.float32(rate))
        slow = {"table" + str(e.number) for e in self.embeddings if isinstance(e, Periodic)}
        groups = [{"params": [v], "lr": rate * (0.1 if k in slow else 1)} for k, v in self.parameters.items()]
        return kind(groups, lr=rate)

    def predict(self):
        with torch.no_grad():
            return ACTIVATIONS[self.activations[-1]](self.logits()).numpy()

    def make_average(self):
        """What is averaged, and its average, which has the same names."""
        holder = torch.nn.Module()
        holder.parameters_ = torch.nn.ParameterDict(
            {k: torch.nn.Parameter(v) for k, v in self.parameters.items()})
        self.parameters = dict(holder.parameters_.items())
        for name, tensor in self.running.items():
            holder.register_buffer(name, tensor)
        decay = float(np.float32(self.ema))
        return holder, torch.optim.swa_utils.AveragedModel(
            holder, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay), use_buffers=True)

    def predict_average(self, average):
        own = self.parameters, self.running
        self.parameters = dict(average.module.parameters_.items())
        self.running = dict(average.module.named_buffers())
        outputs = self.predict()
        self.parameters, self.running = own
        return outputs

    def save(self, folder):
        holder, average = self.make_average()
        results = {"yhat": self.predict()}
        loss = self.objective(0, 0.0)
        loss.backward()
        if not self.embeddings:
            results["dx"] = self.x.grad.numpy().copy()
        for name, parameter in self.parameters.items():
            results["d" + name] = parameter.grad.numpy().copy()
        if not self.given:
            results["loss"] = np.array([loss.item()])
        optimizer, losses = self.make_optimizer(), []
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = self.objective(step, 0.1)
            loss.backward()
            if self.clip > 0:
                torch.nn.utils.clip_grad_norm_(self.parameters.values(), float(np.float32(self.clip)))
            optimizer.step()
            average.update_parameters(holder)
            losses.append(loss.item())
        if not self.given:
            results["losses"] = np.array(losses)
        for name, tensor in {**self.parameters, **self.running}.items():
            results[name + "_after"] = tensor.detach().numpy()
        results["yhat_after"] = self.predict()
        if self.ema > 0:
            results["yhat_average"] = self.predict_average(average)
        metadata = {
            "sizes": json.dumps(self.sizes), "activations": json.dumps(self.activations),
            "loss": f"quantile:{self.quantile:.9g}" if self.loss == "quantile" else self.loss, "optimizer": self.optimizer, "steps": str(STEPS), "batch": str(self.batch),
            "normalization": json.dumps(self.normalization), "dropout": json.dumps(self.dropout),
            "input_dropout": str(self.input_dropout), "label_smoothing": str(self.smoothing),
            "clip_norm": str(self.clip), "ema": str(self.ema),
            **({"embeddings": json.dumps([e.settings for e in self.embeddings])} if self.embeddings else {}),
            "noise": str(self.noise), "layer_noise": str(self.layer_noise), "given": self.given or "",
            "source": f"PyTorch {torch.__version__.split('+')[0]}, float64"}
        tensors = {**self.tensors, **results}
        save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()},
                  f"{folder}/{self.name}.safetensors", metadata)


def cases():
    three = ["batch", "batch", "none"]
    yield Case("norm_batch", [6, 8, 5, 3], ["tanh", "silu", "identity"], normalization=three)
    yield Case("norm_batch_adam", [6, 8, 5, 3], ["gelu", "relu", "softmax"], "cross_entropy",
               normalization=three, optimizer="adam", batch=17)
    yield Case("norm_layer", [6, 8, 5, 3], ["gelu", "silu", "identity"],
               normalization=["layer", "layer", "none"])
    yield Case("norm_both_dropout", [6, 19, 17, 3], ["gelu", "tanh", "softmax"], "cross_entropy",
               normalization=["batch", "layer", "none"], dropout=[0.3, 0.5, 0.0], input_dropout=0.1,
               batch=13, optimizer="adam")
    yield Case("dropout", [9, 21, 3], ["tanh", "identity"], dropout=[0.4, 0.0], input_dropout=0.2)
    yield Case("smoothing_cross_entropy", [6, 8, 4], ["tanh", "softmax"], "cross_entropy",
               label_smoothing=0.1)
    yield Case("smoothing_binary_cross_entropy", [6, 8, 2], ["tanh", "sigmoid"], "binary_cross_entropy",
               label_smoothing=0.2)
    yield Case("clip", [6, 8, 3], ["tanh", "identity"], clip_norm=0.05)
    yield Case("clip_batch_adam", [6, 8, 3], ["silu", "softmax"], "cross_entropy", clip_norm=0.1,
               optimizer="adam", normalization=["batch", "none"])
    yield Case("clip_out_of_reach", [6, 8, 3], ["tanh", "identity"], clip_norm=1000.0)
    yield Case("weights_cross_entropy", [6, 8, 3], ["tanh", "softmax"], "cross_entropy", weights=True,
               label_smoothing=0.1)
    yield Case("weights_mse", [6, 8, 3], ["tanh", "identity"], weights=True)
    yield Case("gradient_of_outputs", [6, 8, 3], ["tanh", "softmax"], output_gradient="outputs")
    yield Case("gradient_of_outputs_gelu", [6, 8, 3], ["silu", "gelu"], output_gradient="outputs",
               normalization=["layer", "none"])
    yield Case("gradient_of_logits", [6, 8, 3], ["tanh", "softmax"], output_gradient="logits")
    yield Case("ema", [6, 8, 3], ["tanh", "identity"], ema=0.75, optimizer="adam")
    yield Case("ema_batch", [6, 8, 5, 3], ["tanh", "silu", "softmax"], "cross_entropy", batch=17,
               normalization=three, clip_norm=0.5, ema=0.9)
    yield Case("noise", [9, 21, 3], ["tanh", "identity"], noise=(0.5, 0.0))
    yield Case("noise_batch_dropout", [6, 19, 17, 3], ["gelu", "relu", "softmax"], "cross_entropy",
               batch=13, normalization=three, dropout=[0.2, 0.1, 0.0], noise=(0.3, 0.5))
    yield Case("loss_poisson", [6, 8, 3], ["tanh", "exponential"], "poisson", batch=13)
    yield Case("loss_poisson_weights", [6, 8, 2], ["silu", "exponential"], "poisson", weights=True,
               optimizer="adam")
    yield Case("activation_selu", [6, 19, 17, 3], ["selu", "selu", "softmax"], "cross_entropy", batch=13)
    yield Case("activation_mish", [6, 19, 17, 3], ["mish", "mish", "softmax"], "cross_entropy", batch=13)
    yield Case("loss_quantile", [6, 8, 3], ["tanh", "identity"], "quantile", batch=13, quantile=0.9)
    yield Case("loss_quantile_weights", [6, 8, 2], ["silu", "identity"], "quantile", weights=True, quantile=0.25)
    category = {"kind": "category", "width": 3, "inputs": [1, 4], "sizes": [3, 2]}
    piecewise = {"kind": "piecewise", "width": 4, "bins": 5, "inputs": [0, 6]}
    yield Case("embedding_category", [8, 9, 3], ["tanh", "identity"], batch=17, optimizer="adam",
               embeddings=[category])
    yield Case("embedding_category_batch", [8, 9, 3], ["silu", "softmax"], "cross_entropy", batch=13,
               normalization=["batch", "none"], dropout=[0.2, 0.0], input_dropout=0.1,
               embeddings=[piecewise, category])
    yield Case("embedding_piecewise", [8, 9, 3], ["tanh", "identity"], batch=17, clip_norm=0.1,
               embeddings=[piecewise])
    periodic = {"kind": "periodic", "width": 4, "frequencies": 5, "inputs": [0, 6]}
    yield Case("embedding_periodic", [8, 9, 3], ["tanh", "identity"], batch=17, embeddings=[periodic])
    yield Case("embedding_periodic_category", [8, 9, 3], ["silu", "softmax"], "cross_entropy", batch=13,
               optimizer="adam", clip_norm=0.5, embeddings=[category, periodic])


if __name__ == "__main__":
    for case in cases():
        case.save(sys.argv[1])
