/*
 * A model as its exporters see it: a list of nodes, each of which computes a vector of one sample
 * from the columns of a row or from the vectors of earlier nodes; the last node gives the
 * outputs. Exporters walk the list and have one function a kind of node, so that what a network
 * gains (embeddings, members, calibration) becomes a kind of node here, a row in each exporter's
 * table and a row in graph_run.c. Importers make such a list too, and graph_network.c makes a
 * network of it.
 */
#ifndef NNFS_FORMATS_GRAPH_GRAPH_H
#define NNFS_FORMATS_GRAPH_GRAPH_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum node_kind {
    NODE_FEATURES, /* the samples' features, where there are no columns */
    /* columns column .. column + width - 1: (x - center) * scale, x = fill if missing;
     * then its curve */
    NODE_NUMBERS,
    NODE_INDICATOR,  /* 1 where the number in `column` is missing, else 0 */
    NODE_CATEGORY,   /* one-hot: the names in their order, perhaps missing, all others */
    NODE_TWO_VALUED, /* -1 for the first category, 1 for the second, 0 for others and missing */
    NODE_CYCLES,     /* sine and cosine of a date's cycles; 0 if it is missing */
    NODE_CONCAT,     /* the vectors of all sources, one after the other */
    NODE_PIECEWISE,  /* piecewise-linear embeddings of some values */
    NODE_PERIODIC,   /* [c + W2 cos(2 pi w x + b), x] of some values */
    NODE_VECTORS,    /* of some runs of values each the sum of x_i times vector i */
    NODE_SELECT,     /* some of the values */
    NODE_EXPAND,     /* the inputs of each member: x * scale */
    NODE_SCALE,      /* x * scale */
    NODE_UNSCALE,    /* x / scale + center */
    /* x * scale + center: an import's; graph_network.c folds it into a NODE_DENSE */
    NODE_NORMALIZE,
    NODE_DENSE, /* weights x + bias */
    /* (x - mean) / sqrt(variance + 1e-5) * scale + center, over a sample's units */
    NODE_LAYER_NORM,
    NODE_ACTIVATION, /* f(x) */
    NODE_MEAN,       /* the mean of the members */
    NODE_COMPLEMENT, /* 1 - x and x: of one output, the probabilities of two classes */
    NODE_KINDS,
} node_kind;

/* How a NODE_DENSE computes with integers; see quantize.h. */
typedef struct node_quantized {
    int8_t *weights;    /* [heads x width x in] row-major; NULL: it does not */
    float *scale;       /* [heads x width]: the product of integers times this is that of numbers */
    float input_scale;  /* an input is an integer times this */
    int32_t input_most; /* and the integer is in -input_most .. input_most */
} node_quantized;

/* The cycles of a date, in the order of their values. */
enum { CYCLE_MONTH = 1, CYCLE_WEEKDAY = 2, CYCLE_HOUR = 4 };

/*
 * What a NODE_PIECEWISE has. Of each embedded value, e = table[1] + table[0] x + sum of share_t
 * table[2 + t], where share_t = (x - edge_t) / (edge_t+1 - edge_t) within 0 .. 1, below 0 in the
 * first piece and above 1 in the last one. Pieces end before the edge NO_EDGE.
 */
typedef struct node_embedding {
    int *inputs; /* [count] places of values; of a NODE_SELECT all that it has */
    int *sizes;  /* [count] of a NODE_VECTORS, values of a run */
    int count, bins, width;
    int frequencies; /* of a NODE_PERIODIC; its table has w, b, W2 by frequency and c of each */
    float *edges;    /* [count x (bins + 1)] */
    float *table;    /* [count x (bins + 2) x width], or [values of all runs x width] */
    size_t table_floats;
} node_embedding;

/* What becomes of the scaled numbers of a NODE_NUMBERS: curve_clip or
 * curve_knots of math/scaling_curve.h. */
typedef struct node_curve {
    float *clip; /* [width], or NULL */
    int *first;  /* [width + 1] a number's first knot among those of all; NULL: no knots */
    float *knots, *heights; /* [first[width]] */
} node_curve;

typedef struct graph_node {
    node_kind kind;
    int width;    /* values that it gives, for each of its members */
    int members;  /* 1, or from a NODE_EXPAND to before its NODE_MEAN those of the network */
    int heads;    /* matrices of a NODE_DENSE: 1, or members */
    int *sources; /* [source_count] earlier nodes */
    int source_count;
    int column;    /* the first one that it reads */
    float *center; /* [width], like the next two, or NULL */
    float *scale;  /* of a NODE_EXPAND [members x width] */
    float *fill;
    node_curve curve;
    float *weights; /* [heads x width x in] row-major */
    float *bias;    /* [heads x width] */
    nnfs_activation activation;
    unsigned cycles; /* NODE_CYCLES */
    node_embedding embedding;
    bool has_missing; /* NODE_CATEGORY */
    node_quantized quantized;
} graph_node;

typedef struct graph_column {
    char *name;        /* UTF-8, unique */
    char **categories; /* [category_count]; NULL for a column of numbers */
    int category_count;
    int place;     /* among the columns of the preprocessing */
    char *format;  /* of dates, "%d.%m.%Y"; else NULL */
    double origin; /* of dates: a cell is days since then, counted from 1970-01-01 */
} graph_column;

typedef struct model_graph {
    graph_column *columns; /* [column_count] that the model reads; 0: it has NODE_FEATURES */
    int column_count;
    bool named;     /* the columns' names are those of a file's header */
    bool pixels;    /* NODE_FEATURES are bytes, as pictures have them */
    char **missing; /* cells that mean "missing"; a list that ends with NULL */
    graph_node *nodes;
    int node_count;
    int classes;         /* 0: the outputs are numbers */
    char **class_names;  /* [classes] */
    bool class_numbers;  /* and they are all integers */
    char **targets;      /* names of the numbers, or of the column of classes */
    char *preprocessing; /* as in a model file, or NULL */
    int loss;            /* nnfs_loss; -1: by the output's activation */
    float quantile;      /* of NNFS_QUANTILE */
} model_graph;

/* The graph of a network; graph_free in any case. Errors: DATA (a name that is
 * not UTF-8), MEMORY. */
nnfs_status graph_of_network(const nnfs_network *network, model_graph *graph, nnfs_error *error);
void graph_free(model_graph *graph);

/*
 * Adds a node that reads the node before it (none if it is the first), with an empty array
 * [width] for each of `arrays`, of GRAPH_...; NULL: no memory. Pointers to nodes are valid until
 * the next one.
 */
enum { GRAPH_CENTER = 1, GRAPH_SCALE = 2, GRAPH_FILL = 4, GRAPH_DENSE = 8 };
graph_node *graph_add(model_graph *graph, node_kind kind, int width, int in, unsigned arrays);

/* Joins the nodes from `first` on; one alone stands for itself. False: no memory. */
bool graph_add_concat(model_graph *graph, int first, int width);

/* Gives a NODE_DENSE its arrays, zeroed; false: no memory. */
bool graph_allocate_dense(graph_node *node, int in, int heads);

/* Whether a row's pieces of an embedding end before edge `piece` + 1. */
bool graph_ends_at(const node_embedding *embedding, const float *edges, int piece);

/* Values that a node's first source gives, for each member, and that the last node gives. */
int graph_in(const model_graph *graph, const graph_node *node);
int graph_outputs(const model_graph *graph);
/* Values of a row: columns, or features. */
int graph_inputs(const model_graph *graph);

/*
 * A network with the embeddings, members, dense layers and activations of the graph, whose
 * NODE_NORMALIZE are folded into the layers first, in place; its preprocessing is `preprocessing`
 * (NULL: none). Errors: DATA (a node that no layer can take, a preprocessing that does not fit;
 * without the file), MEMORY.
 */
nnfs_status graph_to_network(model_graph *graph, const nnfs_preprocessing *preprocessing,
                             nnfs_network **network, nnfs_error *error);

/* The activation of that name; -1: there is none. */
int graph_activation(const char *name);

/* ---- graph_run.c ---- */

/* Computes samples with plain loops. */
typedef struct graph_runner {
    const model_graph *graph;
    float **values; /* [node_count] of one sample */
    int16_t *integers;
    float *zeros;   /* an activation's bias */
    bool quantized; /* by the integers of the nodes that have them */
} graph_runner;

/* Errors: MEMORY. graph_runner_free in any case. */
nnfs_status graph_runner_create(graph_runner *runner, const model_graph *graph, bool quantized,
                                nnfs_error *error);
void graph_runner_free(graph_runner *runner);

/*
 * Computes a row, [graph_inputs]: numbers (NaN: missing), dates as days since the column's origin,
 * indices of categories among the column's (beyond them: one never seen), features. The outputs,
 * [graph_outputs], are the runner's.
 */
const float *graph_run(graph_runner *runner, const float *row);

/* ---- graph_rows.c ---- */

/* The samples of a dataset as rows for graph_run. */
typedef struct graph_rows {
    const model_graph *graph;
    const nnfs_dataset *dataset;
    int *columns; /* [column_count] of the dataset */
    int **codes;  /* [column_count] the graph's index of each of its categories */
    float scale;  /* by which features were multiplied */
} graph_rows;

/* Errors: DATA (a column is missing), MEMORY. graph_rows_free in any case. */
nnfs_status graph_rows_create(graph_rows *rows, const model_graph *graph,
                              const nnfs_dataset *dataset, nnfs_error *error);
void graph_rows_free(graph_rows *rows);
nnfs_status graph_rows_get(const graph_rows *rows, int64_t sample, float *row, nnfs_error *error);

/* How good a graph is on data with targets: accuracy of classes, RMSE of numbers.
 * Errors: as above. */
nnfs_status graph_score(const model_graph *graph, const nnfs_dataset *dataset, bool quantized,
                        double *score, nnfs_error *error);

/* ---- graph_quantize.c ---- */

/*
 * Gives each NODE_DENSE weights of 8 bits, a scale an output, and inputs of at most 16 bits, a
 * scale a layer, by what 2,000 samples of the data have there. Errors: as above.
 */
nnfs_status graph_calibrate(model_graph *graph, const nnfs_dataset *dataset, nnfs_error *error);

/* The integer of one input of a quantised node: rounded, and kept in its range. */
int16_t graph_quantize(const node_quantized *quantized, float value);

#endif
