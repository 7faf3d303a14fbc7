#!/usr/bin/env python3
"""Makes tests/unit/diagnostics_expected.h: predictions, and what scikit-learn says of them (1.2 did).

Run it again only to change them: make_diagnostics.py > ../unit/diagnostics_expected.h
"""

import numpy
from sklearn.calibration import calibration_curve
from sklearn.metrics import (balanced_accuracy_score, confusion_matrix, mean_absolute_error,
                             mean_squared_error, precision_recall_fscore_support, r2_score,
                             roc_auc_score, top_k_accuracy_score)

SAMPLES = 200
CLASSES = 6


def array(kind, name, values, shape=""):
    rows = []
    for v in numpy.asarray(values).ravel():
        text = str(v) if kind == "int32_t" else f"{v:.9g}" if kind == "float" else f"{v:.17g}"
        if kind != "int32_t" and not set(".en") & set(text):
            text += ".0"
        rows.append(text + ("f" if kind == "float" else ""))
    print(f"static const {kind} {name}[] = {{{', '.join(rows)}}};")


def scores(name, labels, chosen, classes):
    for kind in (None, "macro", "weighted"):
        p, r, f, s = precision_recall_fscore_support(labels, chosen, labels=range(classes),
                                                     average=kind, zero_division=0)
        if kind is None:
            array("double", f"{name}_precision", p)
            array("double", f"{name}_recall", r)
            array("double", f"{name}_f1", f)
            array("int32_t", f"{name}_support", s)
        else:
            array("double", f"{name}_{kind}", [p, r, f])
    array("int32_t", f"{name}_confusion",
          confusion_matrix(labels, chosen, labels=range(classes)))


def calibration(name, right, confidence):
    """Only bins that hold something: their accuracy and confidence; and the expected error."""
    accuracy, mean = calibration_curve(right, confidence, n_bins=10)
    array("double", f"{name}_bin_accuracy", accuracy)
    array("double", f"{name}_bin_confidence", mean)
    place = numpy.searchsorted(numpy.linspace(0, 1, 11)[1:-1], confidence)
    counts = numpy.bincount(place, minlength=10)
    array("int32_t", f"{name}_bin_count", counts)
    array("double", f"{name}_bin_error",
          [(counts[counts > 0] * abs(accuracy - mean)).sum() / len(right)])


rng = numpy.random.default_rng(6)
print("/* Made by tests/data/make_diagnostics.py with scikit-learn. */\n#include <stdint.h>\n")
print("/* clang-format off */")
print(f"enum {{ expected_samples = {SAMPLES}, expected_classes = {CLASSES} }};\n")

# Logits of classes, of which the last is neither there nor chosen; softmax in double.
labels = rng.integers(0, CLASSES - 1, SAMPLES)
logits = rng.normal(0, 1.5, (SAMPLES, CLASSES)).astype("f4")
logits[numpy.arange(SAMPLES), labels] += 1.0
logits[:, -1] = -9.0
p = numpy.exp(logits.astype("f8"))
p /= p.sum(1, keepdims=True)
chosen = p.argmax(1)
array("int32_t", "many_labels", labels)
array("float", "many_logits", logits)
scores("many", labels, chosen, CLASSES)
present = labels.max() + 1
array("double", "many_balanced", [balanced_accuracy_score(labels, chosen)])
array("double", "many_top", [top_k_accuracy_score(labels, p, k=k, labels=range(CLASSES))
                             for k in range(1, 6)])
calibration("many", chosen == labels, p.max(1))
loss = numpy.where(chosen == labels, -1, -numpy.log(p[numpy.arange(SAMPLES), labels]))
array("int32_t", "many_worst", numpy.argsort(-loss, kind="stable")[:8])
print()

# One logit, rounded so that some are 0, a probability of 1/2.
labels = rng.integers(0, 2, SAMPLES)
logits = (numpy.round(rng.normal(0, 1.5, SAMPLES) + labels) / 2).astype("f4")
logits[::2] += rng.normal(0, 0.5, SAMPLES // 2).astype("f4")
p = 1 / (1 + numpy.exp(-logits.astype("f8")))
chosen = (p > 0.5).astype(int)
array("int32_t", "two_labels", labels)
array("float", "two_logits", logits)
scores("two", labels, chosen, 2)
array("double", "two_auc", [roc_auc_score(labels, p)])
calibration("two", chosen == labels, numpy.maximum(p, 1 - p))
print()

# Two numbers a sample.
targets = rng.normal(0, [2, 30], (SAMPLES, 2)).astype("f4")
outputs = (targets + rng.normal(0, [1, 5], (SAMPLES, 2))).astype("f4")
array("float", "numbers_targets", targets)
array("float", "numbers_outputs", outputs)
t, o = targets.astype("f8"), outputs.astype("f8")
array("double", "numbers_rmse", mean_squared_error(t, o, multioutput="raw_values") ** 0.5)
array("double", "numbers_mae", mean_absolute_error(t, o, multioutput="raw_values"))
array("double", "numbers_r2", r2_score(t, o, multioutput="raw_values"))
residuals = t - o
for i in range(2):
    r = residuals[:, i]
    array("double", f"numbers_quantiles_{i}",
          numpy.quantile(r, [0, .05, .25, .5, .75, .95, 1]))
    ends = numpy.quantile(r, [0.005, 0.995])
    array("int32_t", f"numbers_counts_{i}",
          numpy.histogram(numpy.clip(r, *ends), bins=30, range=ends)[0])
array("int32_t", "numbers_worst", numpy.argsort(-(residuals ** 2).sum(1), kind="stable")[:8])
