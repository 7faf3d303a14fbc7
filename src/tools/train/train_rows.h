/*
 * Rows of argp tables: the options of networks, training and data that nnfs-train has, and with it
 * every tool that trains.
 */
#ifndef NNFS_TOOLS_TRAIN_TRAIN_ROWS_H
#define NNFS_TOOLS_TRAIN_TRAIN_ROWS_H

#include "train/train_values.h"

/* clang-format off */

#define TRAIN_ROWS_NETWORK                                                                         \
    {"hidden", KEY_HIDDEN, "N,N,...", 0,                                                           \
     "widths of the hidden layers; 'none' for no hidden layer (128)", 0},                          \
    {"activation", KEY_ACTIVATION, "NAME[,...]", 0,                                                \
     "of the hidden layers, one for all or one each: identity relu leaky_relu elu sigmoid tanh "   \
     "softplus silu gelu (relu)",                                                                  \
     0},                                                                                           \
    {"output-activation", KEY_OUTPUT_ACTIVATION, "NAME", 0,                                        \
     "also softmax (softmax for classes, sigmoid for yes or no, identity for numbers)", 0},        \
    {"loss", KEY_LOSS, "NAME", 0,                                                                  \
     "cross_entropy binary_cross_entropy mse mae huber (cross_entropy for classes, "               \
     "binary_cross_entropy for yes or no, mse for numbers)",                                       \
     0},                                                                                           \
    {"init", KEY_INIT, "NAME", 0,                                                                  \
     "how weights begin: he_normal he_uniform glorot_normal glorot_uniform lecun_normal "          \
     "lecun_uniform normal:SCALE uniform:SCALE zeros (he_normal before the relu family, "          \
     "glorot_uniform before the rest)",                                                            \
     0}

#define TRAIN_ROWS_TRAINING                                                                        \
    {"optimizer", KEY_OPTIMIZER, "NAME", 0,                                                        \
     "sgd momentum nesterov adagrad rmsprop adam adamw (adam)", 0},                                \
    {"lr", KEY_LR, "X", 0,                                                                         \
     "learning rate (sgd 0.1, momentum and nesterov 0.05, adagrad 0.01, rmsprop 0.001, adam and "  \
     "adamw 0.003)",                                                                               \
     0},                                                                                           \
    {"momentum", KEY_MOMENTUM, "X", 0,                                                             \
     "of momentum, nesterov and rmsprop, beta1 of adam and adamw (0.9, rmsprop 0)", 0},            \
    {"beta2", KEY_BETA2, "X", 0, "of adam and adamw, alpha of rmsprop (0.999, rmsprop 0.99)", 0},  \
    {"epsilon", KEY_EPSILON, "X", 0, "of adagrad, rmsprop, adam and adamw (1e-8, adagrad 1e-10)",  \
     0},                                                                                           \
    {"weight-decay", KEY_WEIGHT_DECAY, "X", 0,                                                     \
     "decoupled in adamw, added to the gradient elsewhere (0, adamw 0.01)", 0},                    \
    {"schedule", KEY_SCHEDULE, "NAME[:KEY=VALUE,...]", 0,                                          \
     "of the learning rate: constant step exponential cosine one_cycle plateau (cosine). Keys: "   \
     "warmup, epochs to rise from 0 (0); every, epochs of a step (a third of all); factor, of "    \
     "step and plateau (0.1), of exponential (0.9 an epoch); floor, a share of the rate, of "      \
     "cosine and plateau (0); patience, epochs that plateau waits (2)",                            \
     0},                                                                                           \
    {"batch", 'b', "N", 0,                                                                         \
     "samples a step; 'full' for batch gradient descent, 1 for stochastic (128)", 0},              \
    {"epochs", 'e', "N", 0, "passes over the training data (10)", 0},                              \
    {"until-accuracy", KEY_UNTIL_ACCURACY, "X", 0,                                                 \
     "stop after the first epoch whose test accuracy reaches X, 0.98 say (off)", 0}

#define TRAIN_ROWS_DATA                                                                            \
    {"validation", KEY_VALIDATION, "X", 0,                                                         \
     "hold out this share of the training data, 0.1 say, or use the dataset of this path (0)", 0}, \
    {"validation-targets", KEY_VALIDATION_TARGETS, "FILE", 0, "likewise of an NPY file", 0},       \
    {"test", KEY_TEST, "X", 0,                                                                     \
     "likewise for the test, before the validation data: a share, or a path (0.2 of a table; "     \
     "else the test set that DATA brings)",                                                        \
     0},                                                                                           \
    {"test-targets", KEY_TEST_TARGETS, "FILE", 0, "an NPY file with the targets of an NPY file", 0}

#define TRAIN_ROW_CLASS_WEIGHT                                                                     \
    {"class-weight", KEY_CLASS_WEIGHT, "W,...", 0,                                                 \
     "how much the samples of each class count in training: a number each, NAME=NUMBER for "       \
     "some, or balanced, by which all classes count alike",                                        \
     0}

/* clang-format on */

#endif
