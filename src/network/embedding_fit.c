/* The pieces of embeddings: quantiles of the inputs. */
#include "base/memory.h"
#include "data/batch.h"
#include "math/quantiles.h"
#include "network/network.h"

#include <stdlib.h>

/* Samples that quantiles are taken of, evenly spaced, at most: enough for 1/1000 of them a piece. */
enum { MOST_FITTED = 1 << 16 };

static int compare_floats(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Quantiles 0/bins to bins/bins of sorted values, interpolated as NumPy does, each once. */
static void set_edges(const float *values, size_t count, int bins, float *edges)
{
    int found = 0;
    for (int i = 0; i <= bins; i++) {
        float edge = (float)quantile_of(values, count, (double)i / bins);
        if (found == 0 || edge > edges[found - 1]) {
            edges[found++] = edge;
        }
    }
    if (found == 1) { /* a constant: one piece */
        edges[1] = edges[0] + 1.0f;
        found = 2;
    }
    for (int i = found; i <= bins; i++) {
        edges[i] = NO_EDGE;
    }
}

/* The embedded inputs of `count` samples, each input's values one behind the other. */
static void gather(const nnfs_network *network, const nnfs_dataset *dataset, size_t count, float *x,
                   float *values)
{
    double step = (double)dataset->samples / (double)count;
    for (size_t i = 0; i < count; i++) {
        sample_batch to = {.n = 1, .x = x};
        dataset_fetch(dataset, NULL, (int64_t)((double)i * step), &to);
        for (size_t c = 0; c < (size_t)network->embedded_count; c++) {
            values[c * count + i] = x[network->embedded[c]];
        }
    }
}

nnfs_status nnfs_network_fit_embedding(nnfs_network *network, const nnfs_dataset *dataset,
                                       nnfs_error *error)
{
    if (!network || !dataset) {
        return fail_null(error, network ? "dataset" : "network");
    }
    nnfs_status status = network_check_inputs(network, dataset, error);
    if (status != NNFS_OK || network->embedded_count == 0) {
        return status;
    }
    if (dataset->samples < 1) {
        return fail(error, NNFS_ERROR_DATA, "embeddings need at least 1 sample");
    }
    size_t count = MOST_FITTED;
    if (dataset->samples < MOST_FITTED) {
        count = (size_t)dataset->samples;
    }
    size_t floats = size_mul(count, (size_t)network->embedded_count);
    float *x = memory_alloc((size_t)network->inputs, sizeof *x);
    float *values = memory_alloc(floats, sizeof *values);
    if (x && values) {
        const network_tensor *edges = &network->tensors[network->edges];
        gather(network, dataset, count, x, values);
        for (int c = 0; c < network->embedded_count; c++) {
            float *own = values + (size_t)c * count;
            qsort(own, count, sizeof *own, compare_floats);
            set_edges(
                own, quantile_spread(own, count, network->embedding_bins), network->embedding_bins,
                network->parameters + edges->offset + (size_t)c * (size_t)edges->column_stride);
        }
    } else {
        status = fail_memory(error, size_mul(floats, sizeof *values), "the pieces of embeddings");
    }
    memory_free(values);
    memory_free(x);
    return status;
}
