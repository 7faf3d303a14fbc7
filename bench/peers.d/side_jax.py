"""JAX on the CPU: an epoch is one compiled scan over its batches."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import side_numpy  # noqa: E402


def describe():
    return {"version": f"JAX {jax.__version__}", "blas": "XLA"}


def outputs_of(parameters, x):
    """The logits; JAX keeps weights as [in, out]."""
    *hidden, (w, b) = parameters
    for hidden_w, hidden_b in hidden:
        x = jax.nn.relu(x @ hidden_w + hidden_b)
    return x @ w + b


def loss_of(parameters, x, y):
    log_probabilities = jax.nn.log_softmax(outputs_of(parameters, x))
    return -jnp.take_along_axis(log_probabilities, y[:, None], axis=1).mean()


def sgd(rate):
    def update(parameters, gradients, state, step):
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradients), state
    return update


def adam(rate):
    """Kingma and Ba 2015, algorithm 1."""
    def update(parameters, gradients, state, step):
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state[0], gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, state[1], gradients)
        scale = rate / (1 - 0.9**step)
        root = 1 / jnp.sqrt(1 - 0.999**step)
        return jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) * root + 1e-8),
                            parameters, m, v), (m, v)
    return update


class Network:
    def __init__(self, job, seed):
        self.job = job
        self.generator = np.random.default_rng(seed)
        weights = side_numpy.initial_weights(self.generator, [784, *job["hidden"], 10])
        self.parameters = [(w, np.zeros(w.shape[1], np.float32)) for w in weights]
        if job["what"] == "train":
            self.epoch = self.compile()

    def load(self, layers):
        self.parameters = [(np.ascontiguousarray(w.T), b) for w, b in layers]

    def compile(self):
        update = {"sgd": sgd, "adam": adam}[self.job["optimizer"]](self.job["rate"])

        def run_step(carry, chosen, x, y):
            parameters, state, step = carry
            gradients = jax.grad(loss_of)(parameters, x[chosen], y[chosen])
            parameters, state = update(parameters, gradients, state, step)
            return (parameters, state, step + 1), None

        @jax.jit
        def run_epoch(carry, orders, x, y):
            return jax.lax.scan(lambda c, o: run_step(c, o, x, y), carry, orders)[0]
        return run_epoch

    def batches(self, samples):
        """The order of an epoch: the batches that are whole, and the rest as one more."""
        order = self.generator.permutation(samples)
        whole = samples // self.job["batch"] * self.job["batch"]
        parts = [order[:whole].reshape(-1, self.job["batch"]), order[whole:][None]]
        return [part for part in parts if part.size > 0]

    def compile_for(self, x, y):
        """Compiles for these shapes, so that the clock does not run meanwhile."""
        carry = self.begin()
        for part in self.batches(len(x)):
            jax.block_until_ready(self.epoch(carry, part, x, y))

    def begin(self):
        parameters = jax.tree.map(jnp.asarray, self.parameters)
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        return parameters, (zeros, zeros), 1.0

    def train(self, x, y):
        carry = self.begin()
        for _ in range(self.job["epochs"]):
            for part in self.batches(len(x)):
                carry = self.epoch(carry, part, x, y)
        self.parameters = jax.block_until_ready(carry[0])

    def predictor(self, x):
        parameters = jax.tree.map(jnp.asarray, self.parameters)
        predict = jax.jit(lambda parameters, x: jax.nn.softmax(outputs_of(parameters, x)))
        return lambda: jax.block_until_ready(predict(parameters, x))
