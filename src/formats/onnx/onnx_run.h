/*
 * The reference interpreter: an ONNX graph of the operators that nnfs writes and imports,
 * computed with plain loops, node after node. It checks exports, and computes the constant parts
 * of a graph for imports.
 */
#ifndef NNFS_FORMATS_ONNX_ONNX_RUN_H
#define NNFS_FORMATS_ONNX_ONNX_RUN_H

#include "formats/onnx/onnx_model.h"
#include "formats/onnx/tensor.h"

typedef struct onnx_value {
    const char *name;
    tensor value;
    bool constant;
    bool input;   /* of the graph, and no initializer */
    int producer; /* node; -1: none */
} onnx_value;

typedef struct onnx_graph {
    const Onnx__ModelProto *model; /* borrowed */
    onnx_value *values;            /* [value_count] sorted by name */
    size_t value_count;
    int64_t opset;   /* of the operators without a domain */
    size_t elements; /* of constants that the file has, */
    size_t computed; /* and of those that were computed from them */
} onnx_graph;

/*
 * Names all values, reads the constants, and computes the nodes that need no more than those. To be
 * closed also on failure. Errors: DATA (without the file), MEMORY.
 */
nnfs_status onnx_graph_open(onnx_graph *graph, const Onnx__ModelProto *model, nnfs_error *error);
void onnx_graph_close(onnx_graph *graph);

/* The value of that name, or NULL. */
onnx_value *onnx_find(const onnx_graph *graph, const char *name);

/* Computes all nodes, after the inputs' tensors were set. Errors: DATA (without
 * the file), MEMORY. */
nnfs_status onnx_graph_run(onnx_graph *graph, nnfs_error *error);

/* "Gemm" or "ai.onnx.ml.LabelEncoder"; whether a node is that of ONNX itself. */
bool onnx_is(const Onnx__NodeProto *node, const char *op);

#endif
