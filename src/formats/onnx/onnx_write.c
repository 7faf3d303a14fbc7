/* A graph as an ONNX model, opset 17 and ai.onnx.ml 3: inputs, nodes, outputs and metadata. */
#include "base/memory.h"
#include "formats/onnx/onnx_model.h"
#include "formats/onnx/onnx_writer.h"
#include "math/loss_text.h"

#include <stdlib.h>
#include <string.h>

enum { OPSET = 17, OPSET_ML = 3, IR_VERSION = 8 };

static node_writer *const writers[NODE_KINDS] = {
    [NODE_FEATURES] = onnx_write_features,     [NODE_NUMBERS] = onnx_write_numbers,
    [NODE_INDICATOR] = onnx_write_indicator,   [NODE_CATEGORY] = onnx_write_category,
    [NODE_TWO_VALUED] = onnx_write_two_valued, [NODE_CONCAT] = onnx_write_concat,
    [NODE_SCALE] = onnx_write_scale,           [NODE_UNSCALE] = onnx_write_unscale,
    [NODE_NORMALIZE] = onnx_write_normalize,   [NODE_DENSE] = onnx_write_dense,
    [NODE_ACTIVATION] = onnx_write_activation, [NODE_COMPLEMENT] = onnx_write_complement,
    [NODE_CYCLES] = onnx_write_cycles,         [NODE_PIECEWISE] = onnx_write_piecewise,
    [NODE_EXPAND] = onnx_write_expand,         [NODE_MEAN] = onnx_write_mean,
    [NODE_LAYER_NORM] = onnx_write_layer_norm, [NODE_VECTORS] = onnx_write_vectors,
    [NODE_SELECT] = onnx_write_select,         [NODE_PERIODIC] = onnx_write_periodic,
};

/* ---- Inputs and outputs ---- */

static bool is_column(const model_graph *graph, const char *name)
{
    for (int i = 0; i < graph->column_count; i++) {
        if (strcmp(graph->columns[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A name that no column has: underscores are added until that is so. */
static const char *output_name(onnx_writer *w, const char *name)
{
    while (name && is_column(w->graph, name)) {
        name = onnx_text(&w->b, "%s_", name);
    }
    return name;
}

static const char *free_prefix(onnx_writer *w)
{
    const char *prefix = "nnfs/";
    for (int i = 0; prefix && i < w->graph->column_count; i++) {
        if (strncmp(w->graph->columns[i].name, prefix, strlen(prefix)) == 0) {
            prefix = onnx_text(&w->b, "_%s", prefix);
            i = -1;
        }
    }
    return prefix;
}

/* Days from 1970-01-01 as days since the column's origin, which floats hold to some seconds. */
static const char *write_date(onnx_writer *w, int column)
{
    const graph_column *from = &w->graph->columns[column];
    const char *origin =
        onnx_double(&w->b, onnx_text(&w->b, "%sdate/%d/origin", w->prefix, column), from->origin);
    const char *since =
        op2(w, "Sub", from->name, origin, onnx_text(&w->b, "%sdate/%d/since", w->prefix, column));
    return cast(w, since, ONNX_FLOAT, onnx_text(&w->b, "%sdate/%d", w->prefix, column));
}

static void write_inputs(onnx_writer *w)
{
    for (int i = 0; i < w->graph->column_count; i++) {
        const graph_column *column = &w->graph->columns[i];
        int32_t type = ONNX_FLOAT;
        if (column->categories) {
            type = ONNX_STRING;
        }
        onnx_input(&w->b, column->name, column->format ? ONNX_DOUBLE : type, 1);
        w->cells[i] = column->format ? write_date(w, i) : column->name;
    }
}

/* The class of the largest probability, of equal ones the first. */
static void write_label(onnx_writer *w, const char *probabilities)
{
    const model_graph *graph = w->graph;
    size_t count = (size_t)graph->classes;
    const char *label = output_name(w, "label");
    const char *chosen = onnx_text(&w->b, "%slabel/index", w->prefix);
    const char *names = onnx_text(&w->b, "%slabel/names", w->prefix);
    Onnx__NodeProto *argmax = onnx_node(&w->b, "", "ArgMax", chosen, 1, &probabilities);
    onnx_attribute_int(&w->b, argmax, "axis", 1);
    onnx_attribute_int(&w->b, argmax, "keepdims", 0);
    int64_t *numbers = onnx_arena(&w->b, count, sizeof *numbers);
    for (size_t i = 0; numbers && graph->class_numbers && i < count; i++) {
        numbers[i] = strtoll(graph->class_names[i], NULL, 10);
    }
    if (!numbers) {
        return;
    }
    if (graph->class_numbers) {
        (void)onnx_int64s(&w->b, names, numbers, count);
    } else {
        (void)onnx_strings(&w->b, names, (const char *const *)graph->class_names, count);
    }
    (void)op2(w, "Gather", names, chosen, label);
    onnx_output(&w->b, label, graph->class_numbers ? ONNX_INT64 : ONNX_STRING, 0);
}

static void write_model(onnx_writer *w)
{
    const model_graph *graph = w->graph;
    int last = graph->node_count - 1;
    const char *output = output_name(w, graph->classes > 0 ? "probabilities" : "variable");
    w->prefix = free_prefix(w);
    write_inputs(w);
    for (int i = 0; i <= last && !w->b.failed; i++) {
        const graph_node *node = &graph->nodes[i];
        const char *x = NULL;
        if (node->source_count > 0) {
            x = w->values[node->sources[0]];
        }
        if (i < last) {
            w->values[i] = onnx_text(&w->b, "%s%d", w->prefix, i);
        } else {
            w->values[i] = output;
        }
        writers[node->kind](w, i, node, x, w->values[i]);
    }
    if (w->b.failed) {
        return;
    }
    if (graph->classes > 0) {
        write_label(w, output);
    }
    onnx_output(&w->b, output, ONNX_FLOAT, graph_outputs(graph));
}

static void write_head(onnx_writer *w)
{
    Onnx__ModelProto *model = w->b.model;
    model->has_ir_version = true;
    model->ir_version = IR_VERSION;
    model->producer_name = onnx_text(&w->b, "nnfs");
    model->producer_version = onnx_text(&w->b, "%s", nnfs_version());
    onnx_opset(&w->b, "", OPSET);
    if (w->ml) {
        onnx_opset(&w->b, ONNX_ML, OPSET_ML);
    }
    onnx_metadata(&w->b, ONNX_METADATA_LOSS,
                  loss_write((nnfs_loss)w->graph->loss, w->graph->quantile).text);
    if (w->graph->preprocessing) {
        onnx_metadata(&w->b, ONNX_METADATA_PREPROCESSING, w->graph->preprocessing);
    }
}

nnfs_status onnx_of_graph(const model_graph *graph, unsigned char **bytes, size_t *count,
                          nnfs_error *error)
{
    *bytes = NULL;
    onnx_writer w = {.graph = graph};
    onnx_build_begin(&w.b, "nnfs");
    w.values = onnx_arena(&w.b, (size_t)graph->node_count, sizeof *w.values);
    w.cells = onnx_arena(&w.b, (size_t)graph->column_count + 1, sizeof *w.cells);
    if (!w.b.failed) {
        write_model(&w);
    }
    if (!w.b.failed) {
        write_head(&w);
    }
    if (!w.b.failed) {
        *count = onnx__model_proto__get_packed_size(w.b.model);
        *bytes = memory_alloc(*count, 1);
    }
    if (*bytes) {
        (void)onnx__model_proto__pack(w.b.model, *bytes);
    }
    onnx_build_end(&w.b);
    if (*bytes) {
        return NNFS_OK;
    }
    return fail_memory(error, 0, "an ONNX model");
}
