/* Layers, members and activations as ONNX nodes. */
#include "formats/onnx/onnx_writer.h"
#include "math/activation.h"
#include "network/normalization.h"

#include <math.h>
#include <stdio.h>

/* From here to the mean a value is [members, N, width]. */
void onnx_write_expand(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    const int64_t dims[] = {node->members, 1, node->width};
    x = op2(w, "Unsqueeze", x, integer(w, at, "first", 0), local(w, at, "one"));
    (void)op2(w, "Mul", x, onnx_floats(&w->b, local(w, at, "scale"), node->scale, 3, dims), y);
}

void onnx_write_mean(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    static const int64_t first[] = {0};
    (void)at;
    (void)node;
    Onnx__NodeProto *mean = onnx_node(&w->b, "", "ReduceMean", y, 1, &x);
    onnx_attribute_ints(&w->b, mean, "axes", first, 1);
    onnx_attribute_int(&w->b, mean, "keepdims", 0);
}

void onnx_write_layer_norm(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    const int64_t dims[] = {node->width};
    const char *const inputs[] = {x,
                                  onnx_floats(&w->b, local(w, at, "scale"), node->scale, 1, dims),
                                  onnx_floats(&w->b, local(w, at, "bias"), node->center, 1, dims)};
    Onnx__NodeProto *norm = onnx_node(&w->b, "", "LayerNormalization", y, 3, inputs);
    onnx_attribute_int(&w->b, norm, "axis", -1);
    onnx_attribute_float(&w->b, norm, "epsilon", (float)NORMALIZATION_EPSILON);
}

void onnx_write_concat(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
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

void onnx_write_scale(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)op2(w, "Mul", x, row(w, at, "scale", node->scale, node->width), y);
}

void onnx_write_unscale(onnx_writer *w, int at, const graph_node *node, const char *x,
                        const char *y)
{
    x = op2(w, "Div", x, row(w, at, "scale", node->scale, node->width), local(w, at, "scaled"));
    (void)op2(w, "Add", x, row(w, at, "center", node->center, node->width), y);
}

void onnx_write_normalize(onnx_writer *w, int at, const graph_node *node, const char *x,
                          const char *y)
{
    x = op2(w, "Mul", x, row(w, at, "scale", node->scale, node->width), local(w, at, "scaled"));
    (void)op2(w, "Add", x, row(w, at, "center", node->center, node->width), y);
}

/* Of members: MatMul by [in, width], or by a matrix of its own for each, then Add. */
static void write_members_dense(onnx_writer *w, int at, const graph_node *node, const char *x,
                                const char *y)
{
    int in = graph_in(w->graph, node);
    size_t part = (size_t)node->width * (size_t)in;
    float *turned = onnx_arena(&w->b, (size_t)node->heads * part, sizeof *turned);
    if (!turned) {
        return;
    }
    for (size_t i = 0; i < (size_t)node->heads * part; i++) {
        size_t within = i % part; /* unit, input of [width, in] */
        size_t to = within % (size_t)in * (size_t)node->width + within / (size_t)in;
        turned[i / part * part + to] = node->weights[i];
    }
    const int64_t matrices[] = {node->heads, in, node->width};
    const int64_t vectors[] = {node->heads, 1, node->width};
    const char *weight = onnx_floats(&w->b, local(w, at, "weight"), turned, 3, matrices);
    const char *bias = onnx_floats(&w->b, local(w, at, "bias"), node->bias, 3, vectors);
    (void)op2(w, "Add", op2(w, "MatMul", x, weight, local(w, at, "product")), bias, y);
}

void onnx_write_dense(onnx_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    if (node->members > 1) {
        write_members_dense(w, at, node, x, y);
        return;
    }
    const int64_t dims[] = {node->width, graph_in(w->graph, node)};
    const char *const inputs[] = {
        x, onnx_floats(&w->b, local(w, at, "weight"), node->weights, 2, dims),
        onnx_floats(&w->b, local(w, at, "bias"), node->bias, 1, dims)};
    Onnx__NodeProto *gemm = onnx_node(&w->b, "", "Gemm", y, 3, inputs);
    onnx_attribute_int(&w->b, gemm, "transB", 1);
}

void onnx_write_complement(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    (void)node;
    const char *both[] = {op2(w, "Sub", number(w, at, "one", 1.0f), x, local(w, at, "first")), x};
    (void)concat(w, both, 2, y);
}

static void write_softmax(onnx_writer *w, int at, const char *x, const char *y)
{
    int axis = 1;
    if (w->graph->nodes[at].members > 1) {
        axis = 2;
    }
    onnx_attribute_int(&w->b, onnx_node(&w->b, "", "Softmax", y, 1, &x), "axis", axis);
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

/* x times operators of x. */
static void write_product(onnx_writer *w, int at, const activation *row, const char *x,
                          const char *y)
{
    const char *factor = x;
    for (int i = 0; i < 2 && row->exported.times[i]; i++) {
        char name[32] = "";
        (void)snprintf(name, sizeof name, "%s", row->exported.times[i]);
        name[0] = (char)(name[0] - 'A' + 'a');
        factor = op1(w, row->exported.times[i], factor, local(w, at, name));
    }
    (void)op2(w, "Mul", x, factor, y);
}

void onnx_write_activation(onnx_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    const activation *row = activation_of(node->activation);
    if (node->activation == NNFS_SOFTMAX) {
        write_softmax(w, at, x, y);
    } else if (node->activation == NNFS_GELU) {
        write_gelu(w, at, x, y);
    } else if (row->exported.times[0]) {
        write_product(w, at, row, x, y);
    } else {
        (void)op1(w, row->exported.onnx, x, y); /* the default of alpha is right */
    }
}
