/* The stages of graph_of_network: inputs, layers; graph_of_network.c adds the outputs. */
#ifndef NNFS_FORMATS_GRAPH_GRAPH_MAKE_H
#define NNFS_FORMATS_GRAPH_GRAPH_MAKE_H

#include "formats/graph/graph.h"
#include "table/preprocessing.h"

/* Adds the columns of a table, except those that are left out. Errors: DATA, MEMORY. */
nnfs_status graph_add_columns(model_graph *graph, const nnfs_preprocessing *from,
                              nnfs_error *error);

/* Adds the features of other data. False: no memory. */
bool graph_add_features(model_graph *graph, const nnfs_network *network);

/* Adds embeddings, members and layers, batch normalisation folded into them. Errors: MEMORY. */
nnfs_status graph_add_layers(model_graph *graph, const nnfs_network *network, nnfs_error *error);

nnfs_status graph_no_memory(nnfs_error *error);

#endif
