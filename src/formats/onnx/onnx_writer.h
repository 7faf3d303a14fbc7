/*
 * What the writers of ONNX nodes share. The value of node i is called nnfs/i, intermediate ones
 * nnfs/i/NAME; inputs have the names of their columns.
 */
#ifndef NNFS_FORMATS_ONNX_ONNX_WRITER_H
#define NNFS_FORMATS_ONNX_ONNX_WRITER_H

#include "formats/graph/graph.h"
#include "formats/onnx/onnx_build.h"

typedef struct onnx_writer {
    onnx_builder b;
    const model_graph *graph;
    const char **values; /* [node_count] the names of the nodes' values */
    const char **cells;  /* [column_count] those of the columns' cells */
    const char *prefix;  /* of all names but those of inputs and outputs */
    bool ml;             /* an operator of ai.onnx.ml is used */
} onnx_writer;

/* Writes node `at`, whose first source has the value x, so that its own value is y. */
typedef void node_writer(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y);

/* onnx_write_columns.c */
node_writer onnx_write_features, onnx_write_numbers, onnx_write_indicator, onnx_write_category;
node_writer onnx_write_two_valued, onnx_write_cycles;
/* onnx_write_embeddings.c */
node_writer onnx_write_piecewise, onnx_write_periodic, onnx_write_vectors, onnx_write_select;
/* onnx_write_layers.c */
node_writer onnx_write_expand, onnx_write_mean, onnx_write_layer_norm, onnx_write_concat;
node_writer onnx_write_scale, onnx_write_unscale, onnx_write_normalize, onnx_write_dense;
node_writer onnx_write_complement, onnx_write_activation;

/* ---- Nodes and constants, by the names of their values ---- */

static inline const char *local(onnx_writer *w, int node, const char *name)
{
    return onnx_text(&w->b, "%s%d/%s", w->prefix, node, name);
}

static inline const char *op1(onnx_writer *w, const char *op, const char *x, const char *output)
{
    (void)onnx_node(&w->b, "", op, output, 1, &x);
    return output;
}

static inline const char *op2(onnx_writer *w, const char *op, const char *x, const char *y,
                              const char *output)
{
    const char *const inputs[] = {x, y};
    (void)onnx_node(&w->b, "", op, output, 2, inputs);
    return output;
}

static inline const char *concat(onnx_writer *w, const char *const *inputs, size_t count,
                                 const char *output)
{
    Onnx__NodeProto *node = onnx_node(&w->b, "", "Concat", output, count, inputs);
    onnx_attribute_int(&w->b, node, "axis", 1);
    return output;
}

/* A row [1, width], or one number for all where they are equal. */
static inline const char *row(onnx_writer *w, int node, const char *name, const float *values,
                              int width)
{
    bool equal = true;
    for (int i = 1; i < width; i++) {
        equal = equal && values[i] == values[0];
    }
    const int64_t dims[] = {1, width};
    return onnx_floats(&w->b, local(w, node, name), values, equal ? 0 : 2, dims);
}

static inline const char *number(onnx_writer *w, int node, const char *name, float value)
{
    return row(w, node, name, &value, 1);
}

/* Whole numbers, as scalars or lists. */
static inline const char *integers(onnx_writer *w, int at, const char *name, const int64_t *values,
                                   size_t count)
{
    return onnx_int64s(&w->b, local(w, at, name), values, count);
}

static inline const char *integer(onnx_writer *w, int at, const char *name, int64_t value)
{
    return integers(w, at, name, &value, 1);
}

static inline const char *gather(onnx_writer *w, const char *from, const char *indices, int axis,
                                 const char *output)
{
    const char *const inputs[] = {from, indices};
    Onnx__NodeProto *node = onnx_node(&w->b, "", "Gather", output, 2, inputs);
    onnx_attribute_int(&w->b, node, "axis", axis);
    return output;
}

static inline const char *flatten(onnx_writer *w, const char *x, const char *output)
{
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Flatten", output, 1, &x), "axis", 1);
    return output;
}

static inline const char *cast(onnx_writer *w, const char *x, int32_t type, const char *output)
{
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Cast", output, 1, &x), "to", type);
    return output;
}

#endif
