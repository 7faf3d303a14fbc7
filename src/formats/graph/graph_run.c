/* A graph computed with plain loops, one sample at a time: what calibration and measurements use. */
#include "base/memory.h"
#include "base/minmax.h"
#include "formats/graph/graph.h"
#include "math/activation.h"

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
        widest = MAX(width, widest);
        runner->values[i] = memory_alloc((size_t)width, sizeof **runner->values);
        if (!runner->values[i]) {
            return fail_memory(error, (size_t)width * sizeof(float), "the values of a sample");
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
    for (int i = 0; i < node->width; i++) {
        float value = row[node->column + i];
        y[i] = ((isnan(value) ? node->fill[i] : value) - node->center[i]) * node->scale[i];
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

static void run_integers(graph_runner *runner, const graph_node *node, const float *x, float *y)
{
    const node_quantized *q = &node->quantized;
    int in = graph_in(runner->graph, node);
    for (int i = 0; i < in; i++) {
        runner->integers[i] = graph_quantize(q, x[i]);
    }
    for (int unit = 0; unit < node->width; unit++) {
        const int8_t *weights = q->weights + (size_t)unit * (size_t)in;
        int32_t sum = 0;
        for (int i = 0; i < in; i++) {
            sum += weights[i] * runner->integers[i];
        }
        y[unit] = (float)sum * q->scale[unit] + node->bias[unit];
    }
}

static void run_dense(graph_runner *runner, const graph_node *node, const float *row,
                      const float *x, float *y)
{
    (void)row;
    if (runner->quantized && node->quantized.weights) {
        run_integers(runner, node, x, y);
        return;
    }
    int in = graph_in(runner->graph, node);
    for (int unit = 0; unit < node->width; unit++) {
        const float *weights = node->weights + (size_t)unit * (size_t)in;
        float sum = 0.0f;
        for (int i = 0; i < in; i++) {
            sum += weights[i] * x[i];
        }
        y[unit] = sum + node->bias[unit];
    }
}

static void run_activation(graph_runner *runner, const graph_node *node, const float *row,
                           const float *x, float *y)
{
    (void)row;
    size_t width = (size_t)node->width;
    memcpy(y, x, width * sizeof *y);
    activation_of(node->activation)->forward(runner->zeros, node->width, 1, node->width, y, y);
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
    [NODE_CONCAT] = run_concat,         [NODE_SCALE] = run_scale,
    [NODE_UNSCALE] = run_unscale,       [NODE_NORMALIZE] = run_normalize,
    [NODE_DENSE] = run_dense,           [NODE_ACTIVATION] = run_activation,
    [NODE_COMPLEMENT] = run_complement,
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
