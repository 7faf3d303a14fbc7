#!/usr/bin/env python3
"""Makes the networks of tests/data/import/accept that Keras made and tf2onnx wrote, each with inputs and Keras's
own outputs (NAME.values, safetensors of x and y).

Needs tensorflow, tf2onnx and safetensors. Usage: make_keras_fixtures.py FOLDER
"""
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf
import tf2onnx
from safetensors.numpy import save_file

ACCEPT = pathlib.Path(sys.argv[1]) / "accept"
RNG = np.random.default_rng(1)
WIDTH = 4
layers = keras.layers


def save(name, *stack):
    model = keras.Sequential([keras.Input((WIDTH,)), *stack])
    # Biases begin at 0 and statistics at 0 and 1: tf2onnx would leave such ones out.
    model.set_weights([RNG.uniform(0.2, 1.0, w.shape) * RNG.choice([1, -1] if "variance" not in v.path else [1], w.shape)
                       for v, w in zip(model.weights, model.get_weights())])
    call = tf.function(lambda x: model(x, training=False))
    signature = [tf.TensorSpec((None, WIDTH), tf.float32, name="x")]
    made, _ = tf2onnx.convert.from_function(call, input_signature=signature, opset=17)
    (ACCEPT / f"{name}.onnx").write_bytes(made.SerializeToString())
    x = RNG.normal(size=(8, WIDTH)).astype(np.float32)
    save_file({"x": x, "y": np.ascontiguousarray(model(x, training=False), dtype=np.float32)},
              ACCEPT / f"{name}.values")


save("keras-classes", layers.Dense(6, activation="relu"), layers.Dense(3, activation="softmax"))
save("keras-batchnorm", layers.Dense(6), layers.BatchNormalization(), layers.Activation("elu"),
     layers.Dropout(0.2), layers.Dense(2))
save("keras-silu", layers.Dense(6, activation="silu"), layers.Dense(5, activation="silu"),
     layers.Dense(1, activation="sigmoid"))
save("keras-many", layers.Dense(6, activation="selu"), layers.Dense(5, activation="softplus"),
     layers.Dense(4, activation="tanh"), layers.Dense(1))
save("keras-leaky", layers.Dense(6), layers.LeakyReLU(negative_slope=0.01), layers.Dense(2))
