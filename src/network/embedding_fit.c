/* The pieces of embeddings: quantiles of the inputs. */
#include "base/memory.h"
#include "data/batch.h"
#include "math/quantiles.h"
#include "network/network.h"

#include <stdlib.h>

/* Samples that quantiles are taken of, evenly spaced, at most: enough for 1/1000 of
 * them a piece. */
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
static void gather(const network_embedding *embedding, const nnfs_dataset *dataset, size_t count,
                   float *x, float *values)
{
    double step = (double)dataset->samples / (double)count;
    for (size_t i = 0; i < count; i++) {
        sample_batch to = {.n = 1, .x = x};
        dataset_fetch(dataset, NULL, (int64_t)((double)i * step), &to);
        for (size_t c = 0; c < (size_t)embedding->as.count; c++) {
            values[c * count + i] = x[embedding->inputs[c]];
        }
    }
}

static const network_embedding *find_piecewise(const nnfs_network *network)
{
    for (int i = 0; i < network->embedding_count; i++) {
        if (network->embeddings[i].as.kind == NNFS_EMBEDDING_PIECEWISE) {
            return &network->embeddings[i];
        }
    }
    return NULL;
}

static void set_all_edges(nnfs_network *network, const network_embedding *embedding, size_t count,
                          float *values)
{
    matrix edges = network_matrix(&network->tensors[embedding->edges], network->parameters);
    int bins = embedding->as.bins;
    for (int c = 0; c < embedding->as.count; c++) {
        float *own = values + (size_t)c * count;
        qsort(own, count, sizeof *own, compare_floats);
        set_edges(own, quantile_spread(own, count, bins), bins, matrix_at(edges, 0, c));
    }
}

nnfs_status nnfs_network_fit_embedding(nnfs_network *network, const nnfs_dataset *dataset,
                                       nnfs_error *error)
{
    if (!network || !dataset) {
        return fail_null(error, network ? "dataset" : "network");
    }
    TRY(network_check_inputs(network, dataset, error));
    const network_embedding *embedding = find_piecewise(network);
    if (!embedding) {
        return NNFS_OK;
    }
    if (dataset->samples < 1) {
        return fail(error, NNFS_ERROR_DATA, "embeddings need at least 1 sample");
    }
    size_t count = MOST_FITTED;
    if (dataset->samples < MOST_FITTED) {
        count = (size_t)dataset->samples;
    }
    size_t floats = size_mul(count, (size_t)embedding->as.count);
    float *x = memory_alloc((size_t)network->inputs, sizeof *x);
    float *values = memory_alloc(floats, sizeof *values);
    bool allocated = x && values;
    if (allocated) {
        gather(embedding, dataset, count, x, values);
        set_all_edges(network, embedding, count, values);
    }
    memory_free(values);
    memory_free(x);
    if (!allocated) {
        return fail_memory(error, size_mul(floats, sizeof *values), "the pieces of embeddings");
    }
    return NNFS_OK;
}
