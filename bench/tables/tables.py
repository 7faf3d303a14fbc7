#!/usr/bin/env python3
"""Compares nnfs-train with gradient-boosted trees on the same splits of tables.

Usage: tables.py [--tools FOLDER] [--splits 0,1,2] [--presets balanced,fast] [--peers lightgbm,xgboost]
                 [--threads N] TABLE.csv[.gz]:TARGET[:TASK[:DROP,...]]...

A preset is one of nnfs-train's, or default for no option. TASK is classes or numbers (default: numbers where the
target is one with more than 20 values). A split is scikit-learn's train_test_split(test_size=0.2, random_state=SPLIT), stratified for classes. Prints, for each
table, split and trainer, RMSE or log loss on the test part and the seconds of training, and then the geometric
means of the ratios to the better of LightGBM and XGBoost and to CatBoost. CPU seconds are those of all threads:
they mean something on a busy machine too. Peers that are not installed are left out: to have all,
pip install scikit-learn pandas lightgbm xgboost catboost.
"""
import argparse
import importlib.util
import json
import math
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy
import pandas
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split


class Table:
    def __init__(self, text):
        path, target, task, drop = (text.split(":") + ["", ""])[:4]
        self.name = pathlib.Path(path).name.split(".")[0]
        self.target = target
        self.data = pandas.read_csv(path, skipinitialspace=True)
        self.data = self.data.drop(columns=[name for name in drop.split(",") if name])
        values = self.data[target]
        number = pandas.api.types.is_numeric_dtype(values) and values.nunique() > 20
        self.classes = task == "classes" if task else not number

    def split(self, seed):
        labels = self.data[self.target] if self.classes else None
        return train_test_split(self.data, test_size=0.2, random_state=seed, stratify=labels)


def score(table, truth, predicted):
    if table.classes:
        return float(log_loss(truth, predicted, labels=range(predicted.shape[1])))
    return float(numpy.sqrt(numpy.mean((predicted - truth) ** 2)))


class Stopwatch:
    """Seconds, and the CPU seconds of this process and of those that it waited for."""

    def __init__(self):
        self.began = time.monotonic(), self.cpu()

    @staticmethod
    def cpu():
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    def read(self):
        return time.monotonic() - self.began[0], self.cpu() - self.began[1]


def run_nnfs(table, train, test, preset, arguments):
    """nnfs-train on the training part, nnfs-eval on the test part; seconds are those of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model.safetensors"
        for name, part in (("train", train), ("test", test)):
            part.to_csv(f"{folder}/{name}.csv", index=False)
        task = "classes" if table.classes else "numbers"
        command = [f"{arguments.tools}/nnfs-train", f"{folder}/train.csv", "--target", table.target, "--task", task,
                   "--test", "0", "-q", "-o", model]
        if preset != "default":
            command += ["--preset", preset]
        if arguments.threads:
            command += ["-t", str(arguments.threads)]
        watch = Stopwatch()
        subprocess.run(command, check=True)
        seconds = watch.read()
        found = subprocess.run([f"{arguments.tools}/nnfs-eval", model, f"{folder}/test.csv", "--json"],
                               check=True, capture_output=True, text=True).stdout
        measured = json.loads(found)
        return measured["log_loss" if table.classes else "rmse"], *seconds


def encode(table, train, test):
    """Text columns as categories, classes as numbers."""
    features = pandas.concat([train, test]).drop(columns=table.target)
    for name in features.columns:
        if not pandas.api.types.is_numeric_dtype(features[name]):
            features[name] = features[name].astype("category")
    targets = train[table.target].to_numpy(), test[table.target].to_numpy()
    if table.classes:
        names = numpy.unique(targets[0])
        targets = tuple(numpy.searchsorted(names, part) for part in targets)
    return features.iloc[: len(train)], features.iloc[len(train):], *targets


def make_peer(name, classes, threads):
    if name == "lightgbm":
        import lightgbm
        kind = lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor
        return kind(verbose=-1, n_jobs=threads)
    if name == "xgboost":
        import xgboost
        kind = xgboost.XGBClassifier if classes else xgboost.XGBRegressor
        return kind(enable_categorical=True, n_jobs=threads)
    if name == "catboost":
        import catboost
        kind = catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor
        return kind(verbose=0, thread_count=threads, allow_writing_files=False)
    from sklearn import ensemble
    kind = ensemble.HistGradientBoostingClassifier if classes else ensemble.HistGradientBoostingRegressor
    return kind(categorical_features="from_dtype")


def run_peer(table, train, test, name, arguments):
    x, other, y, truth = encode(table, train, test)
    options = {}
    if name == "catboost":
        text = [column for column in x.columns if x[column].dtype.name == "category"]
        x, other = x.copy(), other.copy()
        for column in text:
            x[column] = x[column].astype(object).fillna("missing").astype(str)
            other[column] = other[column].astype(object).fillna("missing").astype(str)
        options["cat_features"] = text
    model = make_peer(name, table.classes, arguments.threads or 2)
    watch = Stopwatch()
    model.fit(x, y, **options)
    seconds = watch.read()
    predicted = model.predict_proba(other) if table.classes else model.predict(other)
    return score(table, truth, predicted), *seconds


def mean_ratio(of, peers):
    """Geometric mean of the ratios to the best of the peers on the same split."""
    ratios = [math.log(of[key][0] / min(peer[key][0] for peer in peers)) for key in of if peers]
    return f"{math.exp(sum(ratios) / len(ratios)):.3f}" if ratios else "-"


def print_ratios(results):
    """results: {trainer: {(table, split): (score, seconds, CPU seconds)}}"""
    trees = [results[name] for name in ("lightgbm", "xgboost") if name in results]
    catboost = [results["catboost"]] if "catboost" in results else []
    print("\ntrainer\tratio to the better of LightGBM and XGBoost\tratio to CatBoost\tseconds of all\tCPU seconds")
    for name, of in results.items():
        seconds, cpu = (sum(found[i] for found in of.values()) for i in (1, 2))
        print(f"{name}\t{mean_ratio(of, trees)}\t{mean_ratio(of, catboost)}\t{seconds:.1f}\t{cpu:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", default="build")
    parser.add_argument("--splits", default="0,1,2")
    parser.add_argument("--presets", default="fast,default")
    parser.add_argument("--peers", default="lightgbm,xgboost,catboost,sklearn")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("tables", nargs="+")
    arguments = parser.parse_args()
    peers = [name for name in arguments.peers.split(",") if name and importlib.util.find_spec(name)]
    presets = [name for name in arguments.presets.split(",") if name]
    results = {}
    print("table\tsplit\ttrainer\tmetric\tscore\tseconds\tCPU seconds")
    for table in map(Table, arguments.tables):
        for seed in map(int, arguments.splits.split(",")):
            parts = table.split(seed)
            runs = [(f"nnfs {preset}", run_nnfs, preset) for preset in presets]
            runs += [(peer, run_peer, peer) for peer in peers]
            for name, run, which in runs:
                found = run(table, *parts, which, arguments)
                results.setdefault(name, {})[table.name, seed] = found
                metric = "log loss" if table.classes else "RMSE"
                print(f"{table.name}\t{seed}\t{name}\t{metric}\t{found[0]:.5g}\t{found[1]:.2f}\t{found[2]:.2f}", flush=True)
    print_ratios(results)


if __name__ == "__main__":
    main()
