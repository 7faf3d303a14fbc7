/* Weights and activations as integers, calibrated on data. */
#include "base/memory.h"
#include "base/minmax.h"
#include "formats/graph/graph.h"

#include <math.h>
#include <string.h>

enum {
    CALIBRATION_SAMPLES = 2000,
    WEIGHT_MOST = 127,
    INPUT_MOST = INT16_MAX,
    PIXEL_MOST = 255,
    HEADROOM = 2, /* inputs may exceed those of the calibration by this factor */
};

/* The largest |x| that each NODE_DENSE reads: into most [node_count]. */
static nnfs_status measure(const model_graph *graph, const nnfs_dataset *dataset, float *most,
                           nnfs_error *error)
{
    graph_rows rows;
    graph_runner runner = {.graph = graph};
    int64_t samples = nnfs_dataset_samples(dataset);
    int64_t stride = samples / CALIBRATION_SAMPLES + 1;
    float *row = memory_alloc((size_t)graph_inputs(graph), sizeof *row);
    nnfs_status status = graph_rows_create(&rows, graph, dataset, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(graph_runner_create(&runner, graph, false, error));
    if (!row) {
        status = fail_memory(error, 0, "a sample");
        goto cleanup;
    }
    for (int64_t sample = 0; sample < samples; sample += stride) {
        TRY_CLEANUP(graph_rows_get(&rows, sample, row, error));
        (void)graph_run(&runner, row);
        for (int i = 0; i < graph->node_count; i++) {
            const graph_node *node = &graph->nodes[i];
            int read = 0;
            if (node->kind == NODE_DENSE) {
                read = graph_in(graph, node) * node->members;
            }
            for (int j = 0; j < read; j++) {
                most[i] = fmaxf(most[i], fabsf(runner.values[node->sources[0]][j]));
            }
        }
    }
cleanup:
    graph_runner_free(&runner);
    graph_rows_free(&rows);
    memory_free(row);
    return status;
}

/* An output's weights, and the sum of their magnitudes; its scale. */
static int32_t quantize_weights(const float *weights, int in, int8_t *integers, float *scale)
{
    float most = 0.0f;
    int32_t sum = 0;
    for (int i = 0; i < in; i++) {
        most = fmaxf(most, fabsf(weights[i]));
    }
    if (most > 0.0f) {
        *scale = most / WEIGHT_MOST;
    } else {
        *scale = 1.0f;
    }
    for (int i = 0; i < in; i++) {
        integers[i] = (int8_t)lrintf(weights[i] / *scale);
        if (integers[i] < 0) {
            sum += -integers[i];
        } else {
            sum += integers[i];
        }
    }
    return sum;
}

/* Whether a layer reads pixels, which are integers already. */
static bool reads_pixels(const model_graph *graph, const graph_node *node)
{
    return graph->pixels && graph->nodes[node->sources[0]].kind == NODE_SCALE;
}

static bool quantize_node(const model_graph *graph, graph_node *node, float most)
{
    node_quantized *q = &node->quantized;
    int in = graph_in(graph, node);
    int rows = node->width * node->heads;
    int32_t heaviest = 1;
    q->weights = memory_alloc((size_t)rows, (size_t)in);
    q->scale = memory_alloc((size_t)rows, sizeof *q->scale);
    if (!q->weights || !q->scale) {
        return false;
    }
    for (int unit = 0; unit < rows; unit++) {
        size_t at = (size_t)unit * (size_t)in;
        int32_t sum = quantize_weights(node->weights + at, in, q->weights + at, &q->scale[unit]);
        heaviest = MAX(sum, heaviest);
    }
    /* No sum of products leaves 32 bits. */
    int32_t limit = INT32_MAX / heaviest;
    q->input_most = MIN(limit, INPUT_MOST);
    if (most > 0.0f) {
        q->input_scale = HEADROOM * most / (float)q->input_most;
    } else {
        q->input_scale = 1.0f;
    }
    if (reads_pixels(graph, node) && limit >= PIXEL_MOST) {
        q->input_most = PIXEL_MOST;
        q->input_scale = graph->nodes[node->sources[0]].scale[0];
    }
    for (int unit = 0; unit < rows; unit++) {
        q->scale[unit] *= q->input_scale;
    }
    return true;
}

nnfs_status graph_calibrate(model_graph *graph, const nnfs_dataset *dataset, nnfs_error *error)
{
    float *most = memory_alloc_zeroed((size_t)graph->node_count, sizeof *most);
    nnfs_status status =
        most ? measure(graph, dataset, most, error) : fail_memory(error, 0, "a calibration");
    for (int i = 0; status == NNFS_OK && i < graph->node_count; i++) {
        graph_node *node = &graph->nodes[i];
        if (node->kind == NODE_DENSE && !quantize_node(graph, node, most[i])) {
            status = fail_memory(error, 0, "integer weights");
        }
    }
    memory_free(most);
    return status;
}
