/* Embeddings in ONNX graphs that nnfs wrote. */
#ifndef NNFS_FORMATS_IMPORT_IMPORT_EMBEDDING_H
#define NNFS_FORMATS_IMPORT_IMPORT_EMBEDDING_H

#include "formats/graph/graph.h"
#include "formats/onnx/onnx_run.h"

/* The constants of a NODE_PIECEWISE. */
typedef struct import_embedding {
    const tensor *embedded; /* [count] the embedded values' places */
    const tensor *others;   /* and those of the others; NULL: all are embedded */
    const tensor *start;    /* [count x 1 x bins] the first edge of each piece */
    const tensor *end;      /* and its second; infinite without one */
    const tensor *slope;    /* [count x 1 x width], like the next one */
    const tensor *shift;
    const tensor *pieces; /* [count x bins x width] */
} import_embedding;

/* The value that is embedded where `value` consists of embeddings, else NULL. */
const char *import_find_embedding(const onnx_graph *graph, const char *value,
                                  import_embedding *found);

/* Adds the node to a graph that has NODE_FEATURES at most. Errors: DATA, MEMORY. */
nnfs_status import_build_embedding(model_graph *graph, const import_embedding *from,
                                   nnfs_error *error);

#endif
