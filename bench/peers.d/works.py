"""The works: what every side does, in the same sizes and with the same settings."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Training:
    """Epochs over the first `samples` images; a share of them where a network is large."""

    name: str
    hidden: tuple
    batch: int
    optimizer: str
    rate: float
    samples: int
    quick_samples: int
    sides: tuple = ("numpy", "sklearn", "torch", "torch_bf16", "jax")
    epochs: int = 2

    def job(self, quick):
        return {"what": "train", **asdict(self),
                "samples": self.quick_samples if quick else self.samples,
                "epochs": 1 if quick else self.epochs}

    def describe(self, job):
        network = "-".join(map(str, [784, *self.hidden, 10]))
        return (f"{network}, batch {self.batch}, {'Adam' if self.optimizer == 'adam' else 'SGD'}, "
                f"{job['epochs']} x {job['samples']:,}")


@dataclass(frozen=True)
class Inference:
    """Calls with `samples` images each, all sides with the weights that nnfs-train came to."""

    name: str
    hidden: tuple
    samples: int
    sides: tuple = ("numpy", "sklearn", "torch", "torch_bf16", "jax")

    def job(self, quick):
        return {"what": "infer", **asdict(self), "seconds": 0.3 if quick else 1.0}

    def describe(self, job):
        network = "-".join(map(str, [784, *self.hidden, 10]))
        return f"{network}, inference, {job['samples']:,} a call"


WORKS = [
    Training("784-10-10", (10,), 64, "sgd", 0.1, 60000, 60000, epochs=4),
    Training("784-128-10", (128,), 128, "sgd", 0.1, 60000, 30000),
    Training("784-512-512-10", (512, 512), 128, "adam", 0.001, 20000, 5000, epochs=1),
    Training("784-2048-2048-10", (2048, 2048), 256, "sgd", 0.1, 10000, 5120, epochs=1),
    # A rate that suits single samples; the others are not made for this.
    Training("batch-1", (128,), 1, "sgd", 0.01, 20000, 5000, sides=("numpy", "jax"), epochs=1),
    Inference("inference", (128,), 10000),
    Inference("one-sample", (128,), 1),
]
