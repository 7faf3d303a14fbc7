/* A graph computed with plain loops, one sample at a time: what calibration
 * and measurements use. */
#include "base/memory.h"
#include "base/minmax.h"
#include "formats/graph/graph.h"
#include "math/activation.h"
#include "math/scaling_curve.h"
#include "network/normalization.h"
#include "table/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

nnfs_status graph_runner_create(graph_runner *runner, const model_graph *graph, bool quantized,
                                nnfs_error *error)
{
    *runner = (graph_runner){.graph = graph, .quantized = quantized};
    runner->values = calloc((size_t)graph->node_count, sizeof *runner->values);
    int widest = 0;
    for (int i = 0; runner->values && i < graph->node_count; i++) {
        int width = graph->nodes[i].width;
        size_t values = size_mul((size_t)width, (size_t)graph->nodes[i].members);
        widest = MAX(width, widest);
        runner->values[i] = memory_alloc(values, sizeof **runner->values);
        if (!runner->values[i]) {
            return fail_memory(error, values * sizeof(float), "the values of a sample");
        }
    }
    runner->integers = memory_alloc((size_t)widest, sizeof *runner->integers);
    runner->zeros = memory_alloc_zeroed((size_t)widest, sizeof *runner->zeros);
    if (runner->values && runner->integers && runner->zeros) {
        return NNFS_OK;
    }
    return fail_memory(error, (size_t)widest * sizeof(float), "the values of a sample");
}

void graph_runner_free(graph_runner *runner)
{
    for (int i = 0; runner->values && i < runner->graph->node_count; i++) {
        memory_free(runner->values[i]);
    }
    free(runner->values);
    memory_free(runner->integers);
    memory_free(runner->zeros);
    *runner = (graph_runner){.graph = NULL};
}

int16_t graph_quantize(const node_quantized *quantized, float value)
{
    float most = (float)quantized->input_most;
    float scaled = value / quantized->input_scale;
    if (!(scaled > -most)) {
        return (int16_t)-quantized->input_most;
    }
    if (scaled < most) {
        return (int16_t)floorf(scaled + 0.5f);
    }
    return (int16_t)quantized->input_most;
}

/* ---- A function a kind: y [width] from the first source's x ---- */

typedef void node_function(graph_runner *runner, const graph_node *node, const float *row,
                           const float *x, float *y);

static void run_features(graph_runner *runner, const graph_node *node, const float *row,
                         const float *x, float *y)
{
    (void)runner;
    (void)x;
    memcpy(y, row, (size_t)node->width * sizeof *y);
}

static void run_numbers(graph_runner *runner, const graph_node *node, const float *row,
                        const float *x, float *y)
{
    (void)runner;
    (void)x;
    const node_curve *curve = &node->curve;
    for (int i = 0; i < node->width; i++) {
        float value = row[node->column + i];
        y[i] = ((isnan(value) ? node->fill[i] : value) - node->center[i]) * node->scale[i];
        if (curve->clip) {
            y[i] = curve_clip(curve->clip[i], y[i]);
        }
        if (curve->first) {
            int at = curve->first[i];
            y[i] =
                curve_knots(curve->knots + at, curve->heights + at, curve->first[i + 1] - at, y[i]);
        }
    }
}

static void run_indicator(graph_runner *runner, const graph_node *node, const float *row,
                          const float *x, float *y)
{
    (void)runner;
    (void)x;
    if (isnan(row[node->column])) {
        y[0] = 1.0f;
    } else {
        y[0] = 0.0f;
    }
}

static void run_category(graph_runner *runner, const graph_node *node, const float *row,
                         const float *x, float *y)
{
    (void)x;
    int known = runner->graph->columns[node->column].category_count;
    float code = row[node->column];
    int place = node->width - 1;
    if (isnan(code)) {
        if (node->has_missing) {
            place = known;
        }
    } else if (code >= 0.0f && code < (float)known) {
        place = (int)code;
    }
    memset(y, 0, (size_t)node->width * sizeof *y);
    y[place] = 1.0f;
}

static void run_two_valued(graph_runner *runner, const graph_node *node, const float *row,
                           const float *x, float *y)
{
    (void)runner;
    (void)x;
    float code = row[node->column];
    y[0] = (float)((code == 1.0f) - (code == 0.0f));
}

static float *put_turns(float *y, double turns)
{
    const double pi = 3.14159265358979323846;
    y[0] = (float)sin(2.0 * pi * turns);
    y[1] = (float)cos(2.0 * pi * turns);
    return y + 2;
}

static void run_cycles(graph_runner *runner, const graph_node *node, const float *row,
                       const float *x, float *y)
{
    (void)x;
    double cell = (double)row[node->column];
    if (isnan(cell)) {
        memset(y, 0, (size_t)node->width * sizeof *y);
        return;
    }
    double days = cell + runner->graph->columns[node->column].origin;
    if (node->cycles & CYCLE_MONTH) {
        y = put_turns(y, date_month(days) / 12.0);
    }
    if (node->cycles & CYCLE_WEEKDAY) {
        y = put_turns(y, floor(days) / 7.0);
    }
    (void)(node->cycles & CYCLE_HOUR ? put_turns(y, days - floor(days)) : y);
}

static void embed_value(const node_embedding *e, int index, float x, float *y)
{
    const float *edges = e->edges + (size_t)index * (size_t)(e->bins + 1);
    const float *table = e->table + (size_t)index * (size_t)(e->bins + 2) * (size_t)e->width;
    for (int i = 0; i < e->width; i++) {
        y[i] = table[e->width + i] + table[i] * x;
    }
    for (int t = 0; !graph_ends_at(e, edges, t); t++) {
        const float *piece = table + (size_t)(t + 2) * (size_t)e->width;
        float share = (x - edges[t]) / (edges[t + 1] - edges[t]);
        if (t > 0) {
            share = fmaxf(share, 0.0f);
        }
        if (!graph_ends_at(e, edges, t + 1)) {
            share = fminf(share, 1.0f);
        }
        for (int i = 0; i < e->width; i++) {
            y[i] += share * piece[i];
        }
    }
}

static void run_piecewise(graph_runner *runner, const graph_node *node, const float *row,
                          const float *x, float *y)
{
    (void)runner;
    (void)row;
    const node_embedding *e = &node->embedding;
    for (int i = 0; i < e->count; i++) {
        embed_value(e, i, x[e->inputs[i]], y + (ptrdiff_t)i * e->width);
    }
}

static void run_periodic(graph_runner *runner, const graph_node *node, const float *row,
                         const float *x, float *y)
{
    const double pi = 3.14159265358979323846;
    (void)runner;
    (void)row;
    const node_embedding *e = &node->embedding;
    int k = e->frequencies;
    int values = e->width - 1;
    const float *table = e->table;
    for (int c = 0; c < e->count; c++, y += e->width) {
        float value = x[e->inputs[c]];
        const float *w2 = table + 2 * (size_t)k;
        const float *shift = w2 + (size_t)k * (size_t)values;
        memcpy(y, shift, (size_t)values * sizeof *y);
        y[values] = value;
        for (int f = 0; f < k; f++, w2 += values) {
            double angle = 2.0 * pi * (double)table[f] * (double)value + (double)table[k + f];
            for (int i = 0; i < values; i++) {
                y[i] += w2[i] * (float)cos(angle);
            }
        }
        table = shift + values;
    }
}

static void run_vectors(graph_runner *runner, const graph_node *node, const float *row,
                        const float *x, float *y)
{
    (void)runner;
    (void)row;
    const node_embedding *e = &node->embedding;
    const float *table = e->table;
    memset(y, 0, (size_t)node->width * sizeof *y);
    for (int c = 0; c < e->count; c++, y += e->width) {
        const float *own = x + e->inputs[c];
        for (int i = 0; i < e->sizes[c]; i++, table += e->width) {
            for (int k = 0; k < e->width; k++) {
                y[k] += own[i] * table[k];
            }
        }
    }
}

static void run_select(graph_runner *runner, const graph_node *node, const float *row,
                       const float *x, float *y)
{
    (void)runner;
    (void)row;
    for (int i = 0; i < node->width; i++) {
        y[i] = x[node->embedding.inputs[i]];
    }
}

static void run_expand(graph_runner *runner, const graph_node *node, const float *row,
                       const float *x, float *y)
{
    (void)runner;
    (void)row;
    for (int i = 0; i < node->width * node->members; i++) {
        y[i] = x[i % node->width] * node->scale[i];
    }
}

static void run_mean(graph_runner *runner, const graph_node *node, const float *row, const float *x,
                     float *y)
{
    (void)row;
    int members = runner->graph->nodes[node->sources[0]].members;
    for (int i = 0; i < node->width; i++) {
        double sum = 0.0;
        for (int m = 0; m < members; m++) {
            sum += (double)x[m * node->width + i];
        }
        y[i] = (float)(sum / members);
    }
}

static void run_layer_norm(graph_runner *runner, const graph_node *node, const float *row,
                           const float *x, float *y)
{
    (void)runner;
    (void)row;
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < node->width; i++) {
        sum += (double)x[i];
    }
    double mean = sum / node->width;
    for (int i = 0; i < node->width; i++) {
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    double factor = 1.0 / sqrt(squares / node->width + NORMALIZATION_EPSILON);
    for (int i = 0; i < node->width; i++) {
        y[i] = (float)(((double)x[i] - mean) * factor) * node->scale[i] + node->center[i];
    }
}

static void run_concat(graph_runner *runner, const graph_node *node, const float *row,
                       const float *x, float *y)
{
    (void)row;
    (void)x;
    for (int i = 0; i < node->source_count; i++) {
        size_t width = (size_t)runner->graph->nodes[node->sources[i]].width;
        memcpy(y, runner->values[node->sources[i]], width * sizeof *y);
        y += width;
    }
}

static void run_scale(graph_runner *runner, const graph_node *node, const float *row,
                      const float *x, float *y)
{
    (void)runner;
    (void)row;
    for (int i = 0; i < node->width; i++) {
        y[i] = x[i] * node->scale[i];
    }
}

static void run_unscale(graph_runner *runner, const graph_node *node, const float *row,
                        const float *x, float *y)
{
    (void)runner;
    (void)row;
    for (int i = 0; i < node->width; i++) {
        y[i] = x[i] / node->scale[i] + node->center[i];
    }
}

static void run_normalize(graph_runner *runner, const graph_node *node, const float *row,
                          const float *x, float *y)
{
    (void)runner;
    (void)row;
    for (int i = 0; i < node->width; i++) {
        y[i] = x[i] * node->scale[i] + node->center[i];
    }
}

/* One member's values by head `head`. */
static void run_integers(graph_runner *runner, const graph_node *node, int head, const float *x,
                         float *y)
{
    const node_quantized *q = &node->quantized;
    int in = graph_in(runner->graph, node);
    int first = head * node->width;
    for (int i = 0; i < in; i++) {
        runner->integers[i] = graph_quantize(q, x[i]);
    }
    for (int unit = first; unit < first + node->width; unit++) {
        const int8_t *weights = q->weights + (size_t)unit * (size_t)in;
        int32_t sum = 0;
        for (int i = 0; i < in; i++) {
            sum += weights[i] * runner->integers[i];
        }
        y[unit - first] = (float)sum * q->scale[unit] + node->bias[unit];
    }
}

static void run_floats(const graph_node *node, int in, int head, const float *x, float *y)
{
    int first = head * node->width;
    for (int unit = first; unit < first + node->width; unit++) {
        const float *weights = node->weights + (size_t)unit * (size_t)in;
        float sum = 0.0f;
        for (int i = 0; i < in; i++) {
            sum += weights[i] * x[i];
        }
        y[unit - first] = sum + node->bias[unit];
    }
}

static void run_dense(graph_runner *runner, const graph_node *node, const float *row,
                      const float *x, float *y)
{
    (void)row;
    int in = graph_in(runner->graph, node);
    for (int m = 0; m < node->members; m++, x += in, y += node->width) {
        int head = 0;
        if (node->heads > 1) {
            head = m;
        }
        if (runner->quantized && node->quantized.weights) {
            run_integers(runner, node, head, x, y);
        } else {
            run_floats(node, in, head, x, y);
        }
    }
}

static void run_activation(graph_runner *runner, const graph_node *node, const float *row,
                           const float *x, float *y)
{
    (void)row;
    size_t values = (size_t)node->width * (size_t)node->members;
    memcpy(y, x, values * sizeof *y);
    activation_of(node->activation)
        ->forward(runner->zeros, node->width, node->members, node->width, y, y);
}

static void run_complement(graph_runner *runner, const graph_node *node, const float *row,
                           const float *x, float *y)
{
    (void)runner;
    (void)node;
    (void)row;
    y[0] = 1.0f - x[0];
    y[1] = x[0];
}

static node_function *const functions[NODE_KINDS] = {
    [NODE_FEATURES] = run_features,     [NODE_NUMBERS] = run_numbers,
    [NODE_INDICATOR] = run_indicator,   [NODE_CATEGORY] = run_category,
    [NODE_TWO_VALUED] = run_two_valued, [NODE_CONCAT] = run_concat,
    [NODE_SCALE] = run_scale,           [NODE_UNSCALE] = run_unscale,
    [NODE_NORMALIZE] = run_normalize,   [NODE_DENSE] = run_dense,
    [NODE_ACTIVATION] = run_activation, [NODE_COMPLEMENT] = run_complement,
    [NODE_CYCLES] = run_cycles,         [NODE_PIECEWISE] = run_piecewise,
    [NODE_EXPAND] = run_expand,         [NODE_MEAN] = run_mean,
    [NODE_LAYER_NORM] = run_layer_norm, [NODE_VECTORS] = run_vectors,
    [NODE_SELECT] = run_select,         [NODE_PERIODIC] = run_periodic,
};

const float *graph_run(graph_runner *runner, const float *row)
{
    const model_graph *graph = runner->graph;
    for (int i = 0; i < graph->node_count; i++) {
        const graph_node *node = &graph->nodes[i];
        const float *x = NULL;
        if (node->source_count > 0) {
            x = runner->values[node->sources[0]];
        }
        functions[node->kind](runner, node, row, x, runner->values[i]);
    }
    return runner->values[graph->node_count - 1];
}
