#!/usr/bin/env python3
"""Makes tests/unit/metrics_expected.h: predictions, and what scikit-learn says of them (1.2 did).

Run it again only to change them: make_metrics.py > ../unit/metrics_expected.h
"""

import numpy
from sklearn.metrics import (accuracy_score, average_precision_score, f1_score, log_loss,
                             mean_absolute_error, mean_squared_error, r2_score, roc_auc_score)

SAMPLES = 60


def floats(name, values):
    numbers = ", ".join(f"{v:.9g}f" if "." in f"{v:.9g}" or "e" in f"{v:.9g}" else f"{v:.9g}.0f"
                        for v in numpy.asarray(values, "f4").ravel())
    return f"static const float {name}[] = {{{numbers}}};"


def ints(name, values):
    return f"static const int32_t {name}[] = {{{', '.join(map(str, values))}}};"


def double(name, value):
    return f"static const double {name} = {value:.17g};"


rng = numpy.random.default_rng(4)
print("/* Made by tests/data/make_metrics.py with scikit-learn. */\n#include <stdint.h>\n")
print(f"enum {{ expected_samples = {SAMPLES}, expected_classes = 5 }};\n")

# Logits of 5 classes, of which the last is neither there nor chosen; softmax in double.
labels = rng.integers(0, 4, SAMPLES)
logits = rng.normal(0, 1.5, (SAMPLES, 5)).astype("f4")
logits[numpy.arange(SAMPLES), labels] += 1.0
logits[:, 4] = -3.0
p = numpy.exp(logits.astype("f8"))
p /= p.sum(1, keepdims=True)
chosen = p.argmax(1)
print(ints("many_labels", labels))
print(floats("many_logits", logits))
print(double("many_accuracy", accuracy_score(labels, chosen)))
print(double("many_macro_f1", f1_score(labels, chosen, average="macro", labels=range(5),
                                       zero_division=0)))
print(double("many_log_loss", log_loss(labels, p, labels=range(5))) + "\n")

# One logit, rounded so that many are level; sigmoid in double.
labels = rng.integers(0, 2, SAMPLES)
logits = (numpy.round(rng.normal(0, 1.5, SAMPLES) + labels) / 2).astype("f4")
p = 1 / (1 + numpy.exp(-logits.astype("f8")))
chosen = (p > 0.5).astype(int)
print(ints("two_labels", labels))
print(floats("two_logits", logits))
print(double("two_accuracy", accuracy_score(labels, chosen)))
print(double("two_macro_f1", f1_score(labels, chosen, average="macro")))
print(double("two_log_loss", log_loss(labels, p)))
print(double("two_roc_auc", roc_auc_score(labels, p)))
print(double("two_average_precision", average_precision_score(labels, p)) + "\n")

# Two numbers a sample.
targets = rng.normal(0, 2, (SAMPLES, 2)).astype("f4")
outputs = (targets + rng.normal(0, 1, (SAMPLES, 2))).astype("f4")
print(floats("numbers_targets", targets))
print(floats("numbers_outputs", outputs))
print(double("numbers_rmse", mean_squared_error(targets.astype("f8"), outputs) ** 0.5))
print(double("numbers_mae", mean_absolute_error(targets.astype("f8"), outputs)))
print(double("numbers_r2", r2_score(targets.astype("f8"), outputs)))
