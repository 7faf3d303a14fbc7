/* The nodes of a graph in C: one function a kind for its constants and its statements. */
#include "formats/c_source/c_source.h"
#include "math/activation.h"

#include <string.h>

/* ---- Values ---- */

typedef struct c_value {
    char text[40];
} c_value;

static c_value value_of(const c_writer *w, int node)
{
    c_value value = {"input"};
    const c_place *place = &w->places[node];
    const char *base = "work";
    if (place->kind == PLACE_OUTPUT) {
        base = "output";
    }
    if (place->kind != PLACE_INPUT && place->offset > 0) {
        (void)snprintf(value.text, sizeof value.text, "(%s + %d)", base, place->offset);
    } else if (place->kind != PLACE_INPUT) {
        (void)snprintf(value.text, sizeof value.text, "%s", base);
    }
    return value;
}

/* ---- Constants ---- */

static void write_constants(c_writer *w, int at, const graph_node *node)
{
    size_t width = (size_t)node->width;
    if (node->kind == NODE_DENSE) {
        size_t rows = width * (size_t)node->heads;
        size_t count = rows * (size_t)graph_in(w->graph, node);
        if (w->int8) {
            c_int8s(w, "weight", at, node->quantized.weights, count);
            c_floats(w, "step", at, node->quantized.scale, rows);
        } else {
            c_floats(w, "weight", at, node->weights, count);
        }
        c_floats(w, "bias", at, node->bias, rows);
        return;
    }
    const node_embedding *e = &node->embedding;
    if (e->edges) {
        c_floats(w, "edges", at, e->edges, (size_t)e->count * (size_t)(e->bins + 1));
    }
    if (e->table) {
        c_floats(w, "table", at, e->table, e->table_floats);
    }
    if (e->inputs && node->kind != NODE_VECTORS) {
        c_ints(w, "inputs", at, e->inputs, (size_t)e->count);
    }
    if (node->kind == NODE_EXPAND) {
        c_floats(w, "scale", at, node->scale, width * (size_t)node->members);
        return;
    }
    if (w->places[at].kind == PLACE_INPUT || node->kind == NODE_SCALE) {
        return;
    }
    if (node->center) {
        c_floats(w, "center", at, node->center, width);
    }
    if (node->scale) {
        c_floats(w, "scale", at, node->scale, width);
    }
    if (node->fill) {
        c_floats(w, "fill", at, node->fill, width);
    }
    const node_curve *curve = &node->curve;
    if (curve->clip) {
        c_floats(w, "clip", at, curve->clip, width);
    }
    if (curve->first) {
        size_t knots = (size_t)curve->first[width];
        c_ints(w, "first", at, curve->first, width + 1);
        c_floats(w, "knots", at, curve->knots, knots);
        c_floats(w, "heights", at, curve->heights, knots);
    }
}

/* ---- Statements: a function a kind ---- */

typedef void node_writer(c_writer *w, int at, const graph_node *node, const char *x, const char *y);

static void write_nothing(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)w;
    (void)at;
    (void)node;
    (void)x;
    (void)y;
}

static void write_numbers(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)x;
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        float x = input[%d + i];\n"
                  "        %s[i] = ((isnan(x) ? fill_%d[i] : x) - center_%d[i]) * scale_%d[i];\n"
                  "    }\n",
                  node->width, node->column, y, at, at, at);
    if (node->curve.clip) {
        (void)fprintf(w->stream,
                      "    for (int i = 0; i < %d; i++) {\n"
                      "        float part = %s[i] / clip_%d[i];\n"
                      "        %s[i] /= sqrtf(1.0f + part * part);\n"
                      "    }\n",
                      node->width, y, at, y);
    }
    if (node->curve.first) {
        (void)fprintf(w->stream,
                      "    for (int i = 0; i < %d; i++) {\n"
                      "        int at = first_%d[i];\n"
                      "        int count = first_%d[i + 1] - at;\n"
                      "        %s[i] = along(knots_%d + at, heights_%d + at, count, %s[i]);\n"
                      "    }\n",
                      node->width, at, at, y, at, at, y);
    }
}

static void write_indicator(c_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    (void)at;
    (void)x;
    (void)fprintf(w->stream, "    %s[0] = isnan(input[%d]) ? 1.0f : 0.0f;\n", y, node->column);
}

static void write_category(c_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    (void)at;
    (void)x;
    int known = w->graph->columns[node->column].category_count;
    int missing = known;
    if (!node->has_missing) {
        missing = node->width - 1;
    }
    (void)fprintf(w->stream, "    one_hot(input[%d], %d, %d, %d, %s);\n", node->column, known,
                  missing, node->width, y);
}

static void write_two_valued(c_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    (void)at;
    (void)x;
    (void)fprintf(w->stream, "    %s[0] = (float)((input[%d] == 1.0f) - (input[%d] == 0.0f));\n", y,
                  node->column, node->column);
}

static void write_cycles(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)at;
    (void)x;
    (void)fprintf(w->stream,
                  "    {\n"
                  "        static const int wanted[3] = {%d, %d, %d};\n"
                  "        cycles(input[%d], %.0fL, wanted, %s);\n"
                  "    }\n",
                  (node->cycles & CYCLE_MONTH) != 0, (node->cycles & CYCLE_WEEKDAY) != 0,
                  (node->cycles & CYCLE_HOUR) != 0, node->column,
                  w->graph->columns[node->column].origin, y);
}

static void write_piecewise(c_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    const node_embedding *e = &node->embedding;
    (void)fprintf(
        w->stream,
        "    for (int i = 0; i < %d; i++) {\n"
        "        embed(table_%d + i * %d, edges_%d + i * %d, %d, %s[inputs_%d[i]], %s + i "
        "* %d, %d);\n"
        "    }\n",
        e->count, at, (e->bins + 2) * e->width, at, e->bins + 1, e->bins, x, at, y, e->width,
        e->width);
}

static void write_periodic(c_writer *w, int at, const graph_node *node, const char *x,
                           const char *y)
{
    const node_embedding *e = &node->embedding;
    int rows = 2 * e->frequencies + (e->width - 1) * (e->frequencies + 1);
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        add_waves(table_%d + i * %d, %d, %s[inputs_%d[i]], %s + i * %d, %d);\n"
                  "    }\n",
                  e->count, at, rows, e->frequencies, x, at, y, e->width, e->width);
}

static void write_vectors(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    const node_embedding *e = &node->embedding;
    int first = 0;
    for (int c = 0; c < e->count; c++) {
        (void)fprintf(w->stream, "    add_vectors(table_%d + %d, %d, %s + %d, %s + %d, %d);\n", at,
                      first * e->width, e->sizes[c], x, e->inputs[c], y, c * e->width, e->width);
        first += e->sizes[c];
    }
}

static void write_select(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] = %s[inputs_%d[i]];\n"
                  "    }\n",
                  node->width, y, x, at);
}

/* The members are computed one after the other, up to their mean. */
static void write_expand(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    int mean = at;
    while (w->graph->nodes[mean].kind != NODE_MEAN) {
        mean++;
    }
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] = 0.0f;\n"
                  "    }\n"
                  "    for (int m = 0; m < %d; m++) {\n"
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] = %s[i] * scale_%d[m * %d + i];\n"
                  "    }\n",
                  w->graph->nodes[mean].width, value_of(w, mean).text, node->members, node->width,
                  y, x, at, node->width);
}

static void write_mean(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)at;
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] += %s[i] / %d.0f;\n"
                  "    }\n"
                  "    }\n",
                  node->width, y, x, w->graph->nodes[node->sources[0]].members);
}

static void write_layer_norm(c_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    (void)x; /* it lies where y does */
    (void)fprintf(w->stream, "    layer_norm(%s, %d, scale_%d, center_%d);\n", y, node->width, at,
                  at);
}

static void write_scale(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    if (w->places[at].kind == PLACE_INPUT) {
        return;
    }
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] = (float)%s[i] * %.9gf;\n"
                  "    }\n",
                  node->width, y, x, (double)node->scale[0]);
}

static void write_unscale(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] = %s[i] / scale_%d[i] + center_%d[i];\n"
                  "    }\n",
                  node->width, y, x, at, at);
}

static void write_normalize(c_writer *w, int at, const graph_node *node, const char *x,
                            const char *y)
{
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        %s[i] = %s[i] * scale_%d[i] + center_%d[i];\n"
                  "    }\n",
                  node->width, y, x, at, at);
}

static void write_dense(c_writer *w, int at, const graph_node *node, const char *x, const char *y)
{
    int in = graph_in(w->graph, node);
    const node_quantized *q = &node->quantized;
    char matrix[32] = ""; /* the member's, behind those of the members before it */
    char rows[32] = "";
    if (node->heads > 1) {
        (void)snprintf(matrix, sizeof matrix, " + m * %d", node->width * in);
        (void)snprintf(rows, sizeof rows, " + m * %d", node->width);
    }
    if (!w->int8) {
        (void)fprintf(w->stream, "    dense(weight_%d%s, bias_%d%s, %s, %d, %s, %d);\n", at, matrix,
                      at, rows, x, in, y, node->width);
        return;
    }
    bool direct = c_is_direct(w, node);
    if (!direct) {
        (void)fprintf(w->stream, "    quantize(%s, %d, %.9gf, %d.0f, integers);\n", x, in,
                      (double)q->input_scale, (int)q->input_most);
    }
    (void)fprintf(w->stream, "    %s(weight_%d%s, step_%d%s, bias_%d%s, %s, %d, %s, %d);\n",
                  direct ? "dense_pixels" : "dense_int8", at, matrix, at, rows, at, rows,
                  direct ? "input" : "integers", in, y, node->width);
}

static void write_activation(c_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    (void)at;
    const char *expression = activation_of(node->activation)->exported.c;
    if (!expression) {
        (void)fprintf(w->stream, "    softmax(%s, %d);\n", y, node->width);
        return;
    }
    (void)fprintf(w->stream,
                  "    for (int i = 0; i < %d; i++) {\n"
                  "        float x = %s[i];\n"
                  "        %s[i] = %s;\n"
                  "    }\n",
                  node->width, x, y, expression);
}

static void write_complement(c_writer *w, int at, const graph_node *node, const char *x,
                             const char *y)
{
    (void)at;
    (void)node;
    (void)fprintf(w->stream, "    %s[0] = 1.0f - %s[0];\n    %s[1] = %s[0];\n", y, x, y, x);
}

static node_writer *const writers[NODE_KINDS] = {
    [NODE_FEATURES] = write_nothing,      [NODE_NUMBERS] = write_numbers,
    [NODE_INDICATOR] = write_indicator,   [NODE_CATEGORY] = write_category,
    [NODE_CONCAT] = write_nothing, /* its sources lie side by side */
    [NODE_SCALE] = write_scale,           [NODE_UNSCALE] = write_unscale,
    [NODE_NORMALIZE] = write_normalize,   [NODE_DENSE] = write_dense,
    [NODE_ACTIVATION] = write_activation, [NODE_COMPLEMENT] = write_complement,
    [NODE_CYCLES] = write_cycles,         [NODE_PIECEWISE] = write_piecewise,
    [NODE_EXPAND] = write_expand,         [NODE_MEAN] = write_mean,
    [NODE_LAYER_NORM] = write_layer_norm, [NODE_TWO_VALUED] = write_two_valued,
    [NODE_VECTORS] = write_vectors,       [NODE_SELECT] = write_select,
    [NODE_PERIODIC] = write_periodic,
};

void c_write_nodes(c_writer *w)
{
    const model_graph *graph = w->graph;
    for (int i = 0; i < graph->node_count; i++) {
        write_constants(w, i, &graph->nodes[i]);
    }
    c_write_helpers(w);
    c_template(w, "void @_predict(const @_value input[$_INPUTS], float output[$_OUTPUTS])\n{\n");
    if (w->work > 0) {
        (void)fprintf(w->stream, "    float work[%d];\n", w->work);
    }
    if (w->integers > 0) {
        (void)fprintf(w->stream, "    short integers[%d];\n", w->integers);
    }
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        c_value x = {""};
        if (node->source_count > 0) {
            x = value_of(w, node->sources[0]);
        }
        writers[node->kind](w, i, node, x.text, value_of(w, i).text);
    }
    (void)fputs("}\n", w->stream);
}
