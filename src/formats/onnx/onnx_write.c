/*
 * A graph as an ONNX model, opset 17 and ai.onnx.ml 3: one function a kind of node. The value of node i
 * is called nnfs/i, intermediate ones nnfs/i/NAME; inputs have the names of their columns.
 */
#include "base/memory.h"
#include "base/minmax.h"
#include "formats/onnx/onnx_build.h"
#include "formats/onnx/onnx_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OPSET = 17, OPSET_ML = 3, IR_VERSION = 8 };

typedef struct onnx_writer {
    onnx_builder b;
    const model_graph *graph;
    const char **values; /* [node_count] the names of the nodes' values */
    const char *prefix;  /* of all names but those of inputs and outputs */
    bool ml;             /* an operator of ai.onnx.ml is used */
} onnx_writer;

static const char *local(onnx_writer *w, int node, const char *name)
{
    return onnx_text(&w->b, "%s%d/%s", w->prefix, node, name);
}

static const char *op1(onnx_writer *w, const char *op, const char *x, const char *output)
{
    (void)onnx_node(&w->b, "", op, output, 1, &x);
    return output;
}

static const char *op2(onnx_writer *w, const char *op, const char *x, const char *y,
                       const char *output)
{
    const char *const inputs[] = {x, y};
    (void)onnx_node(&w->b, "", op, output, 2, inputs);
    return output;
}

static const char *concat(onnx_writer *w, const char *const *inputs, size_t count,
                          const char *output)
{
    Onnx__NodeProto *node = onnx_node(&w->b, "", "Concat", output, count, inputs);
    onnx_attribute_int(&w->b, node, "axis", 1);
    return output;
}

/* A row [1, width], or one number for all where they are equal. */
static const char *row(onnx_writer *w, int node, const char *name, const float *values, int width)
{
    bool equal = true;
    for (int i = 1; i < width; i++) {
        equal = equal && values[i] == values[0];
    }
    const int64_t dims[] = {1, width};
    return onnx_floats(&w->b, local(w, node, name), values, equal ? 0 : 2, dims);
}

static const char *number(onnx_writer *w, int node, const char *name, float value)
{
    return row(w, node, name, &value, 1);
}

/* ---- A function a kind of node ---- */

typedef void node_writer(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y);

static void write_features(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    (void)x;
    (void)y;
    w->values[at] = "input";
    onnx_input(&w->b, "input", ONNX_FLOAT, node->width);
}

/* Where(IsNaN(x), fill, x), minus center, times scale. */
static void write_numbers(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    const char **names = onnx_arena(&w->b, (size_t)node->width, sizeof *names);
    for (int i = 0; names && i < node->width; i++) {
        names[i] = w->graph->columns[node->column + i].name;
    }
    if (!names) {
        return;
    }
    if (node->width == 1) {
        x = names[0];
    } else {
        x = concat(w, names, (size_t)node->width, local(w, at, "columns"));
    }
    const char *const inputs[] = {op1(w, "IsNaN", x, local(w, at, "missing")),
                                  row(w, at, "fill", node->fill, node->width), x};
    const char *filled = local(w, at, "filled");
    (void)onnx_node(&w->b, "", "Where", filled, 3, inputs);
    const char *centered = op2(w, "Sub", filled, row(w, at, "center", node->center, node->width),
                               local(w, at, "centered"));
    (void)op2(w, "Mul", centered, row(w, at, "scale", node->scale, node->width), y);
}

static void write_indicator(onnx_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    x = op1(w, "IsNaN", w->graph->columns[node->column].name, local(w, at, "missing"));
    Onnx__NodeProto *cast = onnx_node(&w->b, "", "Cast", y, 1, &x);
    onnx_attribute_int(&w->b, cast, "to", ONNX_FLOAT);
}

/* LabelEncoder to the place, OneHotEncoder, and its [N, 1, places] flattened. */
static void write_category(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    const graph_column *column = &w->graph->columns[node->column];
    size_t known = (size_t)column->category_count;
    size_t words = 1; /* the empty cell */
    while (node->has_missing && w->graph->missing[words - 1]) {
        words++;
    }
    size_t count = known + (node->has_missing ? words : 0);
    const char **keys = onnx_arena(&w->b, count + 1, sizeof *keys);
    int64_t *places = onnx_arena(&w->b, count + 1, sizeof *places);
    int64_t *all = onnx_arena(&w->b, (size_t)node->width, sizeof *all);
    if (!keys || !places || !all) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *word = "";
        if (i > known) {
            word = w->graph->missing[i - known - 1];
        }
        if (i < known) {
            keys[i] = column->categories[i];
        } else {
            keys[i] = word;
        }
        places[i] = (int64_t)(MIN(i, known));
    }
    if (count == 0) { /* every text is one of the others: a key of its own, with their place */
        keys[count] = "";
        places[count++] = node->width - 1;
    }
    for (int i = 0; i < node->width; i++) {
        all[i] = i;
    }
    w->ml = true;
    x = column->name;
    const char *place = local(w, at, "place");
    Onnx__NodeProto *encoder = onnx_node(&w->b, ONNX_ML, "LabelEncoder", place, 1, &x);
    onnx_attribute_strings(&w->b, encoder, "keys_strings", keys, count);
    onnx_attribute_ints(&w->b, encoder, "values_int64s", places, count);
    onnx_attribute_int(&w->b, encoder, "default_int64", node->width - 1);
    const char *hot = local(w, at, "hot");
    Onnx__NodeProto *one_hot = onnx_node(&w->b, ONNX_ML, "OneHotEncoder", hot, 1, &place);
    onnx_attribute_ints(&w->b, one_hot, "cats_int64s", all, (size_t)node->width);
    onnx_attribute_int(&w->b, one_hot, "zeros", 1);
    Onnx__NodeProto *flat = onnx_node(&w->b, "", "Flatten", y, 1, &hot);
    onnx_attribute_int(&w->b, flat, "axis", 1);
}

static void write_concat(onnx_writer *w, int at, const graph_node *node, const char *x,
                         const char *y)
{
    (void)at;
    (void)x;
    const char **names = onnx_arena(&w->b, (size_t)node->source_count, sizeof *names);
    for (int i = 0; names && i < node->source_count; i++) {
        names[i] = w->values[node->sources[i]];
    }
    if (names) {
        (void)concat(w, names, (size_t)node->source_count, y);
    }
}

static void write_scale(onnx_writer *w, int at, const graph_node *node, const char *x,
                        const char *y)
{
    (void)op2(w, "Mul", x, row(w, at, "scale", node->scale, node->width), y);
}

static void write_unscale(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    x = op2(w, "Div", x, row(w, at, "scale", node->scale, node->width), local(w, at, "scaled"));
    (void)op2(w, "Add", x, row(w, at, "center", node->center, node->width), y);
}

static void write_normalize(onnx_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    x = op2(w, "Mul", x, row(w, at, "scale", node->scale, node->width), local(w, at, "scaled"));
    (void)op2(w, "Add", x, row(w, at, "center", node->center, node->width), y);
}

static void write_dense(onnx_writer *w, int at, const graph_node *node, const char *x,
                        const char *y)
{
    const int64_t dims[] = {node->width, graph_in(w->graph, node)};
    const char *const inputs[] = {
        x, onnx_floats(&w->b, local(w, at, "weight"), node->weights, 2, dims),
        onnx_floats(&w->b, local(w, at, "bias"), node->bias, 1, dims)};
    Onnx__NodeProto *gemm = onnx_node(&w->b, "", "Gemm", y, 3, inputs);
    onnx_attribute_int(&w->b, gemm, "transB", 1);
}

static void write_complement(onnx_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    (void)node;
    const char *both[] = {op2(w, "Sub", number(w, at, "one", 1.0f), x, local(w, at, "first")), x};
    (void)concat(w, both, 2, y);
}

static void write_softmax(onnx_writer *w, int at, const char *x, const char *y)
{
    (void)at;
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Softmax", y, 1, &x), "axis", 1);
}

static void write_silu(onnx_writer *w, int at, const char *x, const char *y)
{
    (void)op2(w, "Mul", x, op1(w, "Sigmoid", x, local(w, at, "sigmoid")), y);
}

/* x / 2 (1 + erf(x / sqrt 2)) */
static void write_gelu(onnx_writer *w, int at, const char *x, const char *y)
{
    const char *scaled =
        op2(w, "Mul", x, number(w, at, "root", (float)M_SQRT1_2), local(w, at, "scaled"));
    const char *erf = op1(w, "Erf", scaled, local(w, at, "erf"));
    const char *plus = op2(w, "Add", erf, number(w, at, "one", 1.0f), local(w, at, "plus"));
    const char *half = op2(w, "Mul", x, number(w, at, "half", 0.5f), local(w, at, "halved"));
    (void)op2(w, "Mul", half, plus, y);
}

/* x tanh(softplus(x)) */
static void write_mish(onnx_writer *w, int at, const char *x, const char *y)
{
    const char *softplus = op1(w, "Softplus", x, local(w, at, "softplus"));
    (void)op2(w, "Mul", x, op1(w, "Tanh", softplus, local(w, at, "tanh")), y);
}

/* By name, so that an activation which the library gains needs its row alone. */
typedef struct activation_row {
    const char *name;
    const char *op; /* whose attributes' defaults are right; or NULL: it takes several */
    void (*write)(onnx_writer *w, int at, const char *x, const char *y);
} activation_row;

static const activation_row activations[] = {
    {"identity", "Identity", NULL},
    {"relu", "Relu", NULL},
    {"leaky_relu", "LeakyRelu", NULL},
    {"elu", "Elu", NULL},
    {"selu", "Selu", NULL},
    {"sigmoid", "Sigmoid", NULL},
    {"tanh", "Tanh", NULL},
    {"softplus", "Softplus", NULL},
    {"silu", NULL, write_silu},
    {"gelu", NULL, write_gelu},
    {"mish", NULL, write_mish},
    {"softmax", NULL, write_softmax},
};

static void write_activation(onnx_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    const activation_row *form = activations;
    while (strcmp(form->name, nnfs_activation_name(node->activation)) != 0) {
        form++;
    }
    if (form->op) {
        (void)op1(w, form->op, x, y);
    } else {
        form->write(w, at, x, y);
    }
}

static node_writer *const writers[NODE_KINDS] = {
    [NODE_FEATURES] = write_features,     [NODE_NUMBERS] = write_numbers,
    [NODE_INDICATOR] = write_indicator,   [NODE_CATEGORY] = write_category,
    [NODE_CONCAT] = write_concat,         [NODE_SCALE] = write_scale,
    [NODE_UNSCALE] = write_unscale,       [NODE_NORMALIZE] = write_normalize,
    [NODE_DENSE] = write_dense,           [NODE_ACTIVATION] = write_activation,
    [NODE_COMPLEMENT] = write_complement,
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

static void write_inputs(onnx_writer *w)
{
    for (int i = 0; i < w->graph->column_count; i++) {
        const graph_column *column = &w->graph->columns[i];
        onnx_input(&w->b, column->name, column->categories ? ONNX_STRING : ONNX_FLOAT, 1);
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
    onnx_metadata(&w->b, ONNX_METADATA_LOSS, nnfs_loss_name((nnfs_loss)w->graph->loss));
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
