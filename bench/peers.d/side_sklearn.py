"""scikit-learn: its MLPClassifier, with our initial weights and nothing beyond the work."""

import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import side_numpy

warnings.filterwarnings("ignore", category=ConvergenceWarning)  # a few epochs do not converge
sklearn.set_config(assume_finite=True)  # no other peer checks for NaN


def describe():
    return {"version": f"scikit-learn {sklearn.__version__}", "blas": side_numpy.blas()}


class Classifier(MLPClassifier):
    """Its own initial weights are glorot_uniform everywhere; these are given."""

    prepared = None

    def _init_coef(self, fan_in, fan_out, *dtype):
        if self.prepared:
            return self.prepared.pop(0)
        return super()._init_coef(fan_in, fan_out, *dtype)


class Network:
    def __init__(self, job, seed):
        self.job = job
        self.classifier = Classifier(
            tuple(job["hidden"]), activation="relu", solver=job.get("optimizer", "sgd"),
            alpha=0, batch_size=job.get("batch", 1), learning_rate_init=job.get("rate", 0.1),
            max_iter=job.get("epochs", 1), shuffle=True, random_state=seed, tol=0, momentum=0,
            nesterovs_momentum=False, early_stopping=False, n_iter_no_change=10**6)

    def load(self, layers):
        given = [(np.ascontiguousarray(w.T), b.copy()) for w, b in layers]
        if self.job["what"] == "train":
            self.classifier.prepared = given
            return
        inputs = layers[0][0].shape[1]
        self.classifier.partial_fit(np.zeros((1, inputs), np.float32), [0], classes=range(10))
        self.classifier.coefs_ = [w for w, _ in given]
        self.classifier.intercepts_ = [b for _, b in given]

    def train(self, x, y):
        self.classifier.fit(x, y)

    def predictor(self, x):
        return lambda: self.classifier.predict_proba(x)
