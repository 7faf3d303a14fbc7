/* ONNX graphs of multilayer perceptrons as steps: what the stages of an import share. */
#ifndef NNFS_FORMATS_IMPORT_IMPORT_TRACE_H
#define NNFS_FORMATS_IMPORT_IMPORT_TRACE_H

#include "formats/graph/graph.h"
#include "formats/import/import_embedding.h"
#include "formats/onnx/onnx_run.h"

/* What a node is in a graph. */
typedef struct import_step {
    node_kind kind;
    nnfs_activation activation;
    const Onnx__NodeProto *node;
    const tensor *matrix; /* DENSE; of members [heads, in, out] */
    const tensor *bias;   /* DENSE, or NULL */
    bool transposed;      /* matrix is [out, in] */
    const tensor *factor; /* NORMALIZE: x * factor + term, each or NULL, */
    const tensor *term;
    double factor_power; /* factor ^ this: -1 where it divides */
    double term_sign;
    bool reversed; /* term - x */
} import_step;

typedef struct tracer {
    onnx_graph graph;
    import_step *steps; /* [step_count] from the output on, at most two a node */
    int step_count;
    const char *value; /* where the trace is; NULL: it is at its end */
    bool from_columns;
    bool members; /* between the members' mean and their inputs */
    const Onnx__NodeProto *first_layer;
    import_inputs inputs; /* of the NODE_PIECEWISE, which stands for all embeddings */
    int network;          /* of an ensemble, the one to follow */
    int networks;         /* that it has; 1: a single network */
} tracer;

/* Follows the graph from the output back to the input, a step a node. Errors: DATA. */
nnfs_status import_trace(tracer *t, nnfs_error *error);

/* Adds the steps, turned round, as nodes of a graph. Errors: DATA, MEMORY. */
nnfs_status import_build(const tracer *t, model_graph *graph, nnfs_error *error);

/*
 * The activation that nested Mul are with their factors (x Sigmoid(x), say), and the value that it
 * is of; -1: none.
 */
int import_product(const tracer *t, const Onnx__NodeProto *node, const char **x);

/* Refuses a node: DATA. */
nnfs_status import_fail_node(const Onnx__NodeProto *node, const char *reason, nnfs_error *error);

/* The constant that is an input of a node, the node that gives a value; NULL: there is none. */
const tensor *import_constant(const tracer *t, const Onnx__NodeProto *node, size_t input);
const Onnx__NodeProto *import_producer(const tracer *t, const char *name);

bool import_is_number(const tensor *x, double value);

#endif
