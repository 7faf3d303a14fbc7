/* The walk over tiles of samples. */
#include "training/infer.h"

#include "base/memory.h"
#include "math/blas_runtime.h"
#include "training/plan.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Layers alternate between two buffers as wide as the widest of them. */
static int widest(const nnfs_network *network)
{
    int width = 1;
    for (int i = 0; i < network->layer_count; i++) {
        width = network->layers[i].out > width ? network->layers[i].out : width;
    }
    return width;
}

/* Floats that one thread needs. */
static size_t thread_floats(const nnfs_network *network, int tile)
{
    int outputs = network_output(network)->out;
    size_t floats = size_mul(size_matrix_floats(widest(network), tile), 2);
    floats = size_add(floats, size_matrix_floats(network->inputs, tile));
    floats = size_add(floats, size_matrix_floats(outputs, tile));
    floats = size_add(floats, size_matrix_floats(outputs, 1));
    return size_add(floats, size_matrix_floats(1, tile)); /* labels, as wide as floats */
}

/* Cuts a thread's memory up; `layers` has room for the pass's pointers. */
static infer_thread thread_of(const infer_walk *walk, float *memory, float **layers, int tile)
{
    const nnfs_network *network = walk->network;
    int outputs = network_output(network)->out;
    infer_thread thread = {.pass = {.network = network, .gemm = walk->gemm}};
    size_t wide = size_matrix_floats(widest(network), tile);
    thread.input = memory + 2 * wide;
    thread.targets = thread.input + size_matrix_floats(network->inputs, tile);
    thread.scratch = thread.targets + size_matrix_floats(outputs, tile);
    thread.labels = (int32_t *)(void *)(thread.scratch + size_matrix_floats(outputs, 1));
    for (int i = 0; i < outputs; i++) {
        thread.scratch[i] = 0.0f;
    }
    for (int i = 0; i < network->layer_count; i++) {
        layers[i] = memory + (i % 2 == 0 ? 0 : wide);
    }
    thread.pass.z = thread.pass.a = layers;
    thread.pass.input = thread.input;
    return thread;
}

/* What the threads of a region share. */
typedef struct infer_region {
    atomic_llong next; /* the first tile that nobody has taken */
    atomic_bool failed;
} infer_region;

/* The walk by all threads of a region: whoever is free takes the next tile. */
static void run_region(const infer_walk *walk, float *memory, size_t floats, float **layers,
                       int tile, infer_region *region)
{
    int me = omp_get_thread_num();
    infer_thread thread = thread_of(walk, memory + floats * (size_t)me,
                                    layers + (size_t)walk->network->layer_count * (size_t)me, tile);
    int64_t index = 0;
    while ((index = atomic_fetch_add(&region->next, 1)) * tile < walk->samples) {
        int64_t first = index * tile;
        int64_t left = walk->samples - first;
        if (!walk->visit(walk, &thread, (int)index, first, left < tile ? (int)left : tile)) {
            atomic_store(&region->failed, true);
        }
    }
}

int infer_threads(int64_t samples, int threads)
{
    int tile = plan_inference_tile(samples);
    int64_t tiles = (samples + tile - 1) / tile;
    threads = blas_threads(threads);
    return threads > tiles ? (int)tiles : threads;
}

nnfs_status infer_run(const infer_walk *walk, nnfs_error *error)
{
    int tile = plan_inference_tile(walk->samples);
    int threads = infer_threads(walk->samples, walk->threads);
    nnfs_status status = blas_prepare(threads, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t floats = thread_floats(walk->network, tile);
    float *memory = memory_alloc(size_mul(floats, (size_t)threads), sizeof *memory);
    float **layers = calloc((size_t)threads * (size_t)walk->network->layer_count, sizeof *layers);
    if (memory && layers) {
        infer_region region;
        atomic_init(&region.next, 0);
        atomic_init(&region.failed, false);
        blas_enter();
#pragma omp parallel num_threads(threads) if (threads > 1)
        run_region(walk, memory, floats, layers, tile, &region);
        blas_leave();
        if (atomic_load(&region.failed)) {
            status = fail(error, NNFS_ERROR_BACKEND, "a matrix product was refused");
        }
    } else {
        status = fail_memory(error, size_mul(size_mul(floats, (size_t)threads), sizeof *memory),
                             "inference");
    }
    memory_free(memory);
    free(layers);
    return status;
}
