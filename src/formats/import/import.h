/* Models of other programs become graphs, and those networks. */
#ifndef NNFS_FORMATS_IMPORT_IMPORT_H
#define NNFS_FORMATS_IMPORT_IMPORT_H

#include "formats/graph/graph.h"
#include "formats/onnx/onnx_model.h"
#include "formats/safetensors.h"

/* Metadata of state dicts that nnfs wrote: the layers' activations, "relu,softmax",
 * and the loss. */
#define STATE_DICT_ACTIVATIONS "nnfs.activations"
#define STATE_DICT_LOSS        "nnfs.loss"
#define STATE_DICT_SCALE       "nnfs.scale"

/*
 * The graph of network `network` of an ONNX model, from 0, and how many it has: FEATURES, perhaps
 * SCALE, embeddings, then DENSE, NORMALIZE, ACTIVATION, COMPLEMENT. With `from_columns` it begins
 * at its embeddings or its first layer instead. graph_free in any case. Errors: DATA (without the
 * file), MEMORY.
 */
nnfs_status import_onnx(const Onnx__ModelProto *model, bool from_columns, int network,
                        model_graph *graph, int *networks, nnfs_error *error);

/* Imports a state dict, which does not hold its activations. */
nnfs_status import_state_dict(const safetensors_file *file, const nnfs_import_settings *settings,
                              model_graph *graph, nnfs_error *error);

#endif
