"""NumPy: the plain loop one writes by hand, with care: float32 throughout, updates in place."""

import numpy as np


def describe():
    return {"version": f"numpy {np.__version__}", "blas": blas()}


def blas():
    """The one that is loaded, with its kernel, where threadpoolctl is there to ask it."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built['name']} {built['version']}"
    names = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS"}
    for pool in threadpool_info():
        if pool["user_api"] == "blas":
            name = names.get(pool["internal_api"], pool["internal_api"])
            return f"{name} {pool['version']}, kernel {pool.get('architecture', 'unknown')}"
    return "unknown"


def initial_weights(generator, widths):
    """[in, out] each: he_normal before ReLU, glorot_uniform before softmax."""
    *hidden, last = zip(widths, widths[1:])
    weights = [generator.normal(0, np.sqrt(2 / shape[0]), shape) for shape in hidden]
    bound = np.sqrt(6 / sum(last))
    weights.append(generator.uniform(-bound, bound, last))
    return [w.astype(np.float32) for w in weights]


class Sgd:
    def __init__(self, parameters, rate):
        self.parameters, self.rate = parameters, np.float32(rate)

    def update(self, gradients):
        for parameter, gradient in zip(self.parameters, gradients):
            gradient *= self.rate
            parameter -= gradient


class Adam:
    """Kingma and Ba 2015, algorithm 1 in the order of its section 2."""

    def __init__(self, parameters, rate):
        self.parameters, self.rate, self.step = parameters, rate, 0
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]
        self.scratch = [np.empty_like(p) for p in parameters]

    def update(self, gradients):
        self.step += 1
        correction = np.sqrt(1 - 0.999**self.step)
        rate = np.float32(self.rate * correction / (1 - 0.9**self.step))
        epsilon = np.float32(1e-8 * correction)
        for p, g, m, v, s in zip(self.parameters, gradients, self.first, self.second,
                                 self.scratch):
            np.subtract(g, m, out=s)  # m = 0.9 m + 0.1 g
            s *= np.float32(0.1)
            m += s
            g *= g  # v = 0.999 v + 0.001 g^2
            g -= v
            g *= np.float32(0.001)
            v += g
            np.sqrt(v, out=s)  # p -= rate m / (sqrt v + epsilon)
            s += epsilon
            np.divide(m, s, out=s)
            s *= rate
            p -= s


class Network:
    def __init__(self, job, seed):
        self.job = job
        self.generator = np.random.default_rng(seed)
        self.weights = initial_weights(self.generator, [784, *job["hidden"], 10])
        self.biases = [np.zeros(w.shape[1], np.float32) for w in self.weights]

    def load(self, layers):
        self.weights = [np.ascontiguousarray(w.T) for w, _ in layers]
        self.biases = [b.copy() for _, b in layers]

    def forward(self, x):
        """What each layer puts out, the input first."""
        outputs = [x]
        for w, b in zip(self.weights[:-1], self.biases):
            z = outputs[-1] @ w
            z += b
            outputs.append(np.maximum(z, 0, out=z))
        z = outputs[-1] @ self.weights[-1]
        z += self.biases[-1]
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)
        return outputs + [z]

    def gradients(self, x, labels):
        outputs = self.forward(x)
        delta = outputs.pop()
        delta[np.arange(len(labels)), labels] -= 1
        delta /= len(labels)
        of_weights, of_biases = [], []
        for w, a in zip(reversed(self.weights), reversed(outputs)):
            of_weights.insert(0, a.T @ delta)
            of_biases.insert(0, delta.sum(axis=0))
            if a is not x:
                delta = delta @ w.T
                delta *= a > 0
        return of_weights + of_biases

    def train(self, x, y):
        job = self.job
        optimizer = {"sgd": Sgd, "adam": Adam}[job["optimizer"]](
            self.weights + self.biases, job["rate"])
        for _ in range(job["epochs"]):
            order = self.generator.permutation(len(x))
            for start in range(0, len(x), job["batch"]):
                chosen = order[start:start + job["batch"]]
                optimizer.update(self.gradients(x[chosen], y[chosen]))

    def predictor(self, x):
        """A call without arguments that returns the probabilities of x."""
        return lambda: self.forward(x)[-1]
