/* Forward programs on tiles of samples. */
#include "program/inference.h"

#include "base/memory.h"
#include "math/blas_runtime.h"
#include "program/tiling.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>

int inference_threads_for(int64_t samples, int threads)
{
    int tile = tiling_inference(samples);
    int64_t tiles = 1;
    if (tile > 0) {
        tiles = (samples + tile - 1) / tile;
    }
    threads = blas_threads(threads);
    if (threads > tiles) {
        return (int)tiles;
    }
    return threads;
}

nnfs_status inference_create(inference *made, const nnfs_network *network, program_purpose purpose,
                             const gemm_backend *gemm, int64_t samples, int threads,
                             nnfs_error *error)
{
    *made = (inference){.network = network, .gemm = gemm};
    threads = inference_threads_for(samples, threads);
    nnfs_status status = blas_prepare(threads, error);
    if (status == NNFS_OK && network_needs_fold(network)) {
        status = network_fold(network, &made->folded, error);
        made->network = made->folded;
    }
    if (status != NNFS_OK) {
        return status;
    }
    const program_settings settings = {.purpose = purpose, .batch = samples};
    status = program_compile(made->network, &settings, &made->program, error);
    if (status != NNFS_OK) {
        return status;
    }
    made->work = calloc((size_t)threads, sizeof *made->work);
    if (!made->work) {
        return fail_memory(error, (size_t)threads * sizeof *made->work, "inference");
    }
    while (status == NNFS_OK && made->threads < threads) {
        status =
            workspace_create(&made->work[made->threads++], &made->program, made->network, 1, error);
    }
    return status;
}

void inference_free(inference *i)
{
    for (int t = 0; t < i->threads; t++) {
        workspace_free(&i->work[t]);
    }
    free(i->work);
    program_free(&i->program);
    nnfs_network_free(i->folded);
    *i = (inference){0};
}

/* ---- Tiles ---- */

float *inference_inputs(const inference_tile *tile)
{
    return tile->of->work[tile->thread].shards[0].x;
}

const float *inference_outputs(const inference_tile *tile)
{
    return tile->of->work[tile->thread].shards[0].work + tile->of->program.output.offset;
}

const float *inference_member_outputs(const inference_tile *tile)
{
    const program *p = &tile->of->program;
    for (int o = 0; o < p->op_count; o++) {
        if (p->ops[o].kind == &op_merge) {
            return tile->of->work[tile->thread].shards[0].work + p->ops[o].in.offset;
        }
    }
    return NULL;
}

const op_state *inference_state(const inference_tile *tile)
{
    return &tile->of->work[tile->thread].shards[0].state;
}

bool inference_forward(const inference_tile *tile, const float *x, const nnfs_dataset *dataset,
                       int64_t at)
{
    inference *i = tile->of;
    workspace *w = &i->work[tile->thread];
    const op_chunk chunk = {.first = at, .count = tile->count, .opens = true, .closes = true};
    op_context context = {.gemm = i->gemm,
                          .network = i->network,
                          .dataset = dataset,
                          .chunk = &chunk,
                          .state = &w->shards[0].state,
                          .scratch = w->scratch,
                          .tile_columns = i->program.tile_columns};
    /* Forward ops read their parameters and inputs only. */
    context.base[SPACE_PARAMETERS] = i->network->parameters;
    context.base[SPACE_X] = x ? (float *)(uintptr_t)x : w->shards[0].x;
    context.base[SPACE_WORK] = w->shards[0].work;
    for (int o = 0; o < i->program.op_count; o++) {
        const program_op *op = &i->program.ops[o];
        if (!op->kind->run(op, &context, op_tile_at(&op->grid, 0, tile->count))) {
            return false;
        }
    }
    return true;
}

/* ---- All tiles ---- */

typedef struct tile_queue {
    atomic_llong next; /* the first tile that no thread has taken */
    atomic_bool failed;
} tile_queue;

static void run_thread(inference *i, int thread, int64_t samples, inference_tile_callback *callback,
                       void *user, tile_queue *queue)
{
    int64_t columns = i->program.tile_columns;
    int64_t index = 0;
    while ((index = atomic_fetch_add(&queue->next, 1)) * columns < samples) {
        int64_t left = samples - index * columns;
        inference_tile tile = {.of = i,
                               .thread = thread,
                               .index = (int)index,
                               .first = index * columns,
                               .count = left < columns ? (int)left : (int)columns};
        if (!callback(&tile, user)) {
            atomic_store(&queue->failed, true);
        }
    }
}

nnfs_status inference_run(inference *i, int64_t samples, inference_tile_callback *callback,
                          void *user, nnfs_error *error)
{
    tile_queue queue;
    atomic_init(&queue.next, 0);
    atomic_init(&queue.failed, false);
    blas_enter();
    if (i->threads == 1) { /* a region, even of one thread, takes time and memory */
        run_thread(i, 0, samples, callback, user, &queue);
    } else {
#pragma omp parallel num_threads(i->threads)
        run_thread(i, omp_get_thread_num(), samples, callback, user, &queue);
    }
    blas_leave();
    if (atomic_load(&queue.failed)) {
        return fail(error, NNFS_ERROR_BACKEND, "a matrix product was refused");
    }
    return NNFS_OK;
}
