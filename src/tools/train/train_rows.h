/*
 * Rows of options: those of networks, training and data that nnfs-train has, and with it every tool
 * that trains. Their values go to a train_values.
 */
#ifndef NNFS_TOOLS_TRAIN_TRAIN_ROWS_H
#define NNFS_TOOLS_TRAIN_TRAIN_ROWS_H

#include "train/presets.h"
#include "train/train_values.h"

/* clang-format off */

#define TRAIN(KIND, member) TO(KIND, train_values, member), .passed_on = true

#define TRAIN_ROWS_NETWORK                                                                         \
    {"preset", 0, "NAME", "recipe for tables, which stands for options that it prints and that "   \
     "options given by hand override",                                                             \
     "balanced for a table as text, else plain",                                                   \
     TRAIN(NAME, options.preset), .what = "preset", .names = preset_names},                        \
    {"hidden", 0, "N,N,...", "widths of the hidden layers; 'none' for no hidden layer", "128",     \
     TRAIN(TEXT, hidden), .complete = "none", .list = true, .vary = VARY_WHOLE},                   \
    {"activation", 0, "NAME[,...]", "activation of the hidden layers, one for all or one each",    \
     "relu",                                                                                       \
     TRAIN(TEXT, activation), .names = hidden_activation_names, .list = true,                      \
     .vary = VARY_VALUES},                                                                         \
    {"output-activation", 0, "NAME", "activation of the output layer",                             \
     "softmax for classes, sigmoid for yes or no, identity for numbers",                           \
     TRAIN(NAME, options.output_activation), .what = "activation", .names = activation_names,      \
     .vary = VARY_VALUES},                                                                         \
    {"loss", 0, "NAME", "loss to minimise: cross_entropy, binary_cross_entropy, mse, mae, huber, " \
     "poisson or quantile:Q, by which the quantile Q of numbers is predicted",                     \
     "cross_entropy for classes, binary_cross_entropy for yes or no, mse for numbers",             \
     TRAIN(TAKE, options), .take = take_loss, .vary = VARY_VALUES,                                 \
     .complete = "cross_entropy binary_cross_entropy mse mae huber poisson quantile:"},            \
    {"init", 0, "NAME", "distribution of the initial weights: he_normal, he_uniform, "             \
     "glorot_normal, glorot_uniform, lecun_normal, lecun_uniform, normal:SCALE, uniform:SCALE "    \
     "or zeros", "he_normal before the relu family, lecun_normal before selu, glorot_uniform "     \
     "before the rest",                                                                            \
     TRAIN(TAKE, options), .take = take_init, .vary = VARY_VALUES,                                 \
     .complete = "he_normal he_uniform glorot_normal glorot_uniform lecun_normal lecun_uniform "   \
     "normal: uniform: zeros"},                                                                    \
    {"normalization", 0, "NAME", "normalisation of the hidden layers, before the activation",      \
     "none",                                                                                       \
     TRAIN(NAME, options.normalization), .what = "normalization", .names = normalization_names,    \
     .vary = VARY_VALUES},                                                                         \
    {"dropout", 0, "P[,...]", "share of the outputs of a hidden layer that training sets to 0, "   \
     "one for all or one each", "0", TRAIN(TEXT, dropout), .list = true, .vary = VARY_VALUES},     \
    {"input-dropout", 0, "P", "share of the inputs that training sets to 0", "0",                  \
     TRAIN(TAKE, options), .take = take_input_dropout, .vary = VARY_REAL},                         \
    {"members", 0, "N", "networks that share their hidden layers and are averaged", "1",           \
     TRAIN(COUNT, options.network.members), .lowest = 1, .highest = 256, .vary = VARY_VALUES},     \
    {"embedding", 0, "NAME[:KEY=N,...]", "embedding of the numbers of a table: none, or "          \
     "piecewise:bins=48,width=16, piecewise linear between quantiles, or "                         \
     "periodic:frequencies=16,width=4,sigma=0.1, sums of cosines", "none",                         \
     TRAIN(TAKE, options), .take = take_embedding, .complete = "none piecewise: periodic:",        \
     .vary = VARY_WHOLE},                                                                          \
    {"category-width", 0, "N", "length of the trained vector of a category, in columns with more " \
     "than N of them; 0: one-hot", "0", TRAIN(COUNT, options.category_width), .lowest = 0,         \
     .highest = 1024, .vary = VARY_VALUES}

#define TRAIN_ROWS_TRAINING                                                                        \
    {.kind = OPTION_SETTINGS, .offset = offsetof(train_values, options.train)}

#define TRAIN_ROW_SEED                                                                             \
    {.name = "seed", .kind = OPTION_SETTING, .offset = offsetof(train_values, options.train),      \
     .vary = VARY_VALUES}

#define TRAIN_ROWS_DATA                                                                            \
    {"validation", 0, "X", "validation data: a share of the training data, 0.1 say, or the path "  \
     "of a dataset", "0", TRAIN(TAKE, options), .take = take_validation, .complete = "@data"},     \
    {"validation-targets", 0, "FILE", "NPY file with the targets of the validation data",          \
     NULL, TRAIN(TEXT, options.validation_targets), .complete = "@*.npy"},                         \
    {"test", 0, "X", "test data: a share, held out before the validation data, or the path of a "  \
     "dataset", "0.2 of a table, else the test set that DATA brings", TRAIN(TAKE, options),        \
     .take = take_test, .complete = "@data"},                                                      \
    {"test-targets", 0, "FILE", "NPY file with the targets of the test data", NULL,                \
     TRAIN(TEXT, options.test_targets), .complete = "@*.npy"},                                     \
    {"shape", 0, "HxW[xC]", "size of the pictures that the features of a table or array are, "     \
     "28x28, 32x32x3 or, channel by channel, 3x32x32; for --augment", "that of the file",          \
     TRAIN(TAKE, options), .take = take_shape}

#define TRAIN_ROW_CLASS_WEIGHT                                                                     \
    {"class-weight", 0, "W,...", "weights of the classes in training: a number each, NAME=NUMBER " \
     "for some, or balanced, which gives all classes the same total weight", NULL,                 \
     TRAIN(TAKE, options), .take = take_class_weight, .complete = "balanced"}

/* clang-format on */

#endif
