/* Embeddings in ONNX graphs that nnfs wrote. */
#ifndef NNFS_FORMATS_IMPORT_IMPORT_EMBEDDING_H
#define NNFS_FORMATS_IMPORT_IMPORT_EMBEDDING_H

#include "formats/graph/graph.h"
#include "formats/onnx/onnx_run.h"
#include "network/network.h"

/* The constants of an embedding. */
typedef struct import_embedding {
    node_kind kind;
    const tensor *embedded; /* [count] the embedded values' places; not of NODE_VECTORS */
    /* NODE_PIECEWISE */
    const tensor *start; /* [count x 1 x bins] the first edge of each piece */
    const tensor *end;   /* and its second; infinite without one */
    const tensor *slope; /* [count x 1 x width], like the next one */
    const tensor *shift;
    const tensor *pieces; /* [count x bins x width] */
    /* NODE_PERIODIC */
    const tensor *w; /* [count x 1 x frequencies], like the next one */
    const tensor *b;
    const tensor *w2; /* [count x frequencies x width], the last column 0 */
    const tensor *c;  /* [count x 1 x width], the last one 0 */
    /* NODE_VECTORS: joins the products of each category's columns and its vectors. */
    const Onnx__NodeProto *products;
} import_embedding;

/* What the first layer takes instead of the features. */
typedef struct import_inputs {
    import_embedding parts[EMBEDDING_KINDS];
    int count;            /* 0: the features themselves */
    const tensor *others; /* the places of the values that are not embedded; NULL: all are */
    const char *features; /* the value that they are of */
} import_inputs;

/* The node that gives an input of `node`, if it is of this operator; else NULL, also for NULL. */
const Onnx__NodeProto *import_behind(const onnx_graph *graph, const Onnx__NodeProto *node,
                                     size_t input, const char *op);

/* The constant that an input of `node` is; NULL: none, also for NULL. */
const tensor *import_constant_of(const onnx_graph *graph, const Onnx__NodeProto *node,
                                 size_t input);

/* Whether `value` consists of embeddings. */
bool import_find_inputs(const onnx_graph *graph, const char *value, import_inputs *found);

/* Adds the nodes to a graph that has NODE_FEATURES at most. Errors: DATA, MEMORY. */
nnfs_status import_build_inputs(const onnx_graph *onnx, const import_inputs *from,
                                model_graph *graph, nnfs_error *error);

#endif
