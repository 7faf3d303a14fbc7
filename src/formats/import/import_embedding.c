/*
 * Embeddings in ONNX graphs that nnfs wrote. Only the constants are looked for, at the places
 * where onnx_write_embeddings.c puts them: import.c compares the whole with what the imported
 * network is written as.
 */
#include "formats/import/import_embedding.h"

#include "base/memory.h"
#include "formats/onnx/onnx_build.h"
#include "network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- From operators to constants ---- */

/* The node that gives a value, if it is of this operator; else NULL. */
static const Onnx__NodeProto *maker(const onnx_graph *graph, const char *name, const char *op)
{
    const onnx_value *value = onnx_find(graph, name);
    if (!value || value->producer < 0) {
        return NULL;
    }
    const Onnx__NodeProto *node = graph->model->graph->node[value->producer];
    if (onnx_is(node, op)) {
        return node;
    }
    return NULL;
}

/* The same of an input of `node`; NULL for NULL. */
static const Onnx__NodeProto *behind(const onnx_graph *graph, const Onnx__NodeProto *node,
                                     size_t input, const char *op)
{
    if (!node || input >= node->n_input) {
        return NULL;
    }
    return maker(graph, node->input[input], op);
}

static const tensor *constant(const onnx_graph *graph, const Onnx__NodeProto *node, size_t input)
{
    const onnx_value *value = NULL;
    if (node && input < node->n_input) {
        value = onnx_find(graph, node->input[input]);
    }
    if (value && value->constant) {
        return &value->value;
    }
    return NULL;
}

/* Min(Max((x - start) / length, lower), upper) */
static void find_pieces(const onnx_graph *graph, const Onnx__NodeProto *product,
                        import_embedding *found)
{
    const Onnx__NodeProto *most = behind(graph, product, 0, "Min");
    const Onnx__NodeProto *least = behind(graph, most, 0, "Max");
    const Onnx__NodeProto *share = behind(graph, least, 0, "Div");
    found->start = constant(graph, behind(graph, share, 0, "Sub"), 1);
    found->end = constant(graph, behind(graph, share, 1, "Sub"), 0);
    found->pieces = constant(graph, product, 1);
}

const char *import_find_embedding(const onnx_graph *graph, const char *value,
                                  import_embedding *found)
{
    const Onnx__NodeProto *both = maker(graph, value, "Concat");
    const Onnx__NodeProto *flat =
        both ? behind(graph, both, 0, "Flatten") : maker(graph, value, "Flatten");
    const Onnx__NodeProto *turned = behind(graph, flat, 0, "Transpose");
    const Onnx__NodeProto *sum = behind(graph, turned, 0, "Add");
    const Onnx__NodeProto *line = behind(graph, sum, 0, "Add");
    const Onnx__NodeProto *sloped = behind(graph, line, 0, "Mul");
    const Onnx__NodeProto *unsqueezed = behind(graph, sloped, 0, "Unsqueeze");
    const Onnx__NodeProto *swapped = behind(graph, unsqueezed, 0, "Transpose");
    const Onnx__NodeProto *chosen = behind(graph, swapped, 0, "Gather");
    if (!chosen) {
        return NULL;
    }
    *found = (import_embedding){.embedded = constant(graph, chosen, 1),
                                .others = constant(graph, behind(graph, both, 1, "Gather"), 1),
                                .slope = constant(graph, sloped, 1),
                                .shift = constant(graph, line, 1)};
    find_pieces(graph, behind(graph, sum, 1, "MatMul"), found);
    return chosen->input[0];
}

/* ---- From constants to the node ---- */

static bool fits(const tensor *x, int64_t first, int64_t second, int64_t third)
{
    return x && x->type == ONNX_FLOAT && x->rank == 3 && x->dims[0] == first &&
           x->dims[1] == second && x->dims[2] == third;
}

static bool is_list(const tensor *x, size_t most)
{
    return x && x->type == ONNX_INT64 && x->rank == 1 && x->count > 0 && x->count <= most;
}

static bool all_fit(const import_embedding *from)
{
    enum { MOST = 1 << 20 };
    const tensor *pieces = from->pieces;
    if (!is_list(from->embedded, MOST) || (from->others && !is_list(from->others, MOST)) ||
        !pieces || pieces->rank != 3 || pieces->dims[1] > MOST || pieces->dims[2] > MOST) {
        return false;
    }
    int64_t count = (int64_t)from->embedded->count;
    int64_t bins = pieces->dims[1];
    int64_t width = pieces->dims[2];
    return fits(pieces, count, bins, width) && fits(from->start, count, 1, bins) &&
           fits(from->end, count, 1, bins) && fits(from->slope, count, 1, width) &&
           fits(from->shift, count, 1, width) && bins > 0 && width > 0;
}

/* Places are those of the inputs: a place beyond them is caught where the network is made.
 * NULL: no memory. */
static int *copy_places(const tensor *from)
{
    int *to = memory_alloc(from->count, sizeof *to);
    for (size_t i = 0; to && i < from->count; i++) {
        to[i] = from->int64s[i] >= 0 && from->int64s[i] <= INT32_MAX ? (int)from->int64s[i] : -1;
    }
    return to;
}

/* The inputs that are not embedded, behind the embeddings. */
static bool add_others(model_graph *graph, const import_embedding *from, int inputs, int outputs)
{
    int first = graph->node_count - 1;
    graph_node *node = graph_add(graph, NODE_SELECT, (int)from->others->count, 0, 0);
    if (!node) {
        return false;
    }
    node->sources[0] = inputs;
    node->embedding.count = (int)from->others->count;
    node->embedding.inputs = copy_places(from->others);
    return node->embedding.inputs && graph_add_concat(graph, first, outputs);
}

static void copy_table(const import_embedding *from, node_embedding *to)
{
    size_t width = (size_t)to->width;
    size_t part = (size_t)to->bins * width;
    for (size_t c = 0; c < (size_t)to->count; c++) {
        float *table = to->table + c * (part + 2 * width);
        memcpy(table, from->slope->floats + c * width, width * sizeof *table);
        memcpy(table + width, from->shift->floats + c * width, width * sizeof *table);
        memcpy(table + 2 * width, from->pieces->floats + c * part, part * sizeof *table);
    }
}

static void copy_edges(const import_embedding *from, node_embedding *to)
{
    size_t bins = (size_t)to->bins;
    for (size_t c = 0; c < (size_t)to->count; c++) {
        float *edges = to->edges + c * (bins + 1);
        float last = from->end->floats[c * bins + bins - 1];
        memcpy(edges, from->start->floats + c * bins, bins * sizeof *edges);
        edges[bins] = isinf(last) ? NO_EDGE : last;
    }
}

nnfs_status import_build_embedding(model_graph *graph, const import_embedding *from,
                                   nnfs_error *error)
{
    if (!all_fit(from)) {
        return fail(error, NNFS_ERROR_DATA, "it has embeddings that nnfs does not write");
    }
    int count = (int)from->embedded->count;
    int bins = (int)from->pieces->dims[1];
    int width = (int)from->pieces->dims[2];
    int others = from->others ? (int)from->others->count : 0;
    size_t outputs = size_add(size_mul((size_t)count, (size_t)width), (size_t)others);
    bool first = graph->node_count == 0;
    if (outputs > INT32_MAX || (!first && graph_outputs(graph) != count + others)) {
        return fail(error, NNFS_ERROR_DATA, "its embeddings do not fit its inputs");
    }
    if (first && !graph_add(graph, NODE_FEATURES, count + others, 0, 0)) {
        return fail_memory(error, 0, "an imported network");
    }
    int inputs = graph->node_count - 1;
    size_t edges = size_mul((size_t)count, (size_t)bins + 1);
    size_t cells = size_mul(size_mul((size_t)count, (size_t)bins + 2), (size_t)width);
    graph_node *node = graph_add(graph, NODE_PIECEWISE, (int)(outputs - (size_t)others), 0, 0);
    if (!node) {
        return fail_memory(error, 0, "an imported network");
    }
    node->embedding = (node_embedding){.inputs = copy_places(from->embedded),
                                       .count = count,
                                       .bins = bins,
                                       .width = width,
                                       .edges = memory_alloc(edges, sizeof(float)),
                                       .table = memory_alloc(cells, sizeof(float)),
                                       .table_floats = cells};
    const node_embedding *made = &node->embedding;
    if (!made->inputs || !made->edges || !made->table) {
        return fail_memory(error, size_mul(cells, sizeof(float)), "an imported network");
    }
    copy_table(from, &node->embedding);
    copy_edges(from, &node->embedding);
    if (others > 0 && !add_others(graph, from, inputs, (int)outputs)) {
        return fail_memory(error, 0, "an imported network");
    }
    return NNFS_OK;
}
