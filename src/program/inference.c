/* Forward programs on tiles of samples. */
#include "program/inference.h"

#include "base/clock.h"
#include "base/memory.h"
#include "math/blas_runtime.h"
#include "program/late_threads.h"
#include "program/tiling.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- Weights in bfloat16 ---- */

static bool packs_weights(const program_op *op)
{
    return op->kind->first_chunk;
}

static void pack_weights(inference *i, int network)
{
    const op_chunk chunk = {.begins = true};
    op_context context = {.network = i->network, .chunk = &chunk};
    context.base[SPACE_PARAMETERS] = network_alone(i->network, network).parameters;
    context.base[SPACE_PACKED] = i->packed + (size_t)network * i->packed_floats;
    for (int o = 0; o < i->program.op_count; o++) {
        const program_op *op = &i->program.ops[o];
        int tiles = program_chain_tiles(&i->program, &(program_chain){o, o}, 0);
        for (int t = 0; packs_weights(op) && t < tiles; t++) {
            (void)op->kind->run(op, &context, op_tile_at(&op->grid, t, 0));
        }
    }
}

/* Once for all threads and calls, and for each network of an ensemble. */
static nnfs_status create_packed(inference *i, nnfs_error *error)
{
    int networks = nnfs_network_networks(i->network);
    i->packed_floats = i->program.packed_floats;
    i->program.packed_floats = 0; /* the workspaces need none */
    if (i->packed_floats == 0) {
        return NNFS_OK;
    }
    size_t floats = size_mul(i->packed_floats, (size_t)networks);
    i->packed = memory_alloc_zeroed(floats, sizeof(float));
    if (!i->packed) {
        return fail_memory(error, size_mul(floats, sizeof(float)), "weights in bfloat16");
    }
    for (int n = 0; n < networks; n++) {
        pack_weights(i, n);
    }
    return NNFS_OK;
}

nnfs_status inference_create(inference *made, const nnfs_network *network, program_purpose purpose,
                             const gemm_backend *gemm, int64_t samples, int threads,
                             nnfs_error *error)
{
    *made = (inference){.network = network, .gemm = gemm};
    threads = inference_threads_for(samples, threads);
    TRY(blas_prepare(threads, error));
    if (network_needs_fold(network)) {
        TRY(network_fold(network, &made->folded, error));
        made->network = made->folded;
    }
    const program_settings settings = {.purpose = purpose, .batch = samples};
    TRY(program_compile(made->network, &settings, &made->program, error));
    TRY(create_packed(made, error));
    made->work = calloc((size_t)threads, sizeof *made->work);
    if (!made->work) {
        return fail_memory(error, (size_t)threads * sizeof *made->work, "inference");
    }
    made->threads = threads;
    return workspace_create(made->work, threads, &made->program, made->network, 1, error);
}

void inference_free(inference *i)
{
    if (i->work) {
        workspace_free(i->work);
        free(i->work);
    }
    memory_free(i->packed);
    program_free(&i->program);
    nnfs_network_free(i->folded);
    *i = (inference){0};
}

/* ---- Tiles ---- */

float *inference_inputs(const inference_tile *tile)
{
    return tile->of->work[tile->thread].shards[0].x;
}

float *inference_outputs(const inference_tile *tile)
{
    return tile->of->work[tile->thread].shards[0].work + tile->of->program.output.offset;
}

const op_state *inference_state(const inference_tile *tile)
{
    return &tile->of->work[tile->thread].shards[0].state;
}

/* Copies what the members have of one network: op_merge leaves their outputs where
 * their logits were. */
static void keep_members(const inference_tile *tile, int network, const operand *outputs)
{
    const inference *i = tile->of;
    size_t rows = (size_t)outputs->rows;
    size_t before = (size_t)network * (size_t)i->samples + (size_t)tile->first;
    memcpy(i->member_outputs + before * rows,
           i->work[tile->thread].shards[0].work + outputs->offset,
           (size_t)tile->count * rows * sizeof(float));
}

/* The ops from `first` on; *next is behind the mean of members and networks, or behind
 * the last op. */
static bool run_ops(const inference_tile *tile, const op_context *context, int first, int *next)
{
    const program *p = &tile->of->program;
    for (*next = first; *next < p->op_count;) {
        const program_op *op = &p->ops[(*next)++];
        if (packs_weights(op)) {
            continue;
        }
        if (!op->kind->run(op, context, op_tile_at(&op->grid, 0, tile->count))) {
            return false;
        }
        if (op->kind == &op_merge) {
            if (tile->of->member_outputs) {
                keep_members(tile, context->of_ensemble, &op->in);
            }
            return true;
        }
    }
    return true;
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
    context.base[SPACE_X] = x ? (float *)(uintptr_t)x : w->shards[0].x;
    context.base[SPACE_WORK] = w->shards[0].work;
    /* The networks of an ensemble run one after the other, from the same inputs to the mean. */
    int begin = 0;
    while (packs_weights(&i->program.ops[begin]) || i->program.ops[begin].kind == &op_fetch) {
        begin++;
    }
    int next = 0;
    for (int n = 0; n < nnfs_network_networks(i->network); n++) {
        context.of_ensemble = n;
        context.base[SPACE_PARAMETERS] = network_alone(i->network, n).parameters;
        if (i->packed) {
            context.base[SPACE_PACKED] = i->packed + (size_t)n * i->packed_floats;
        }
        if (!run_ops(tile, &context, n > 0 ? begin : 0, &next)) {
            return false;
        }
    }
    return next == i->program.op_count || run_ops(tile, &context, next, &next);
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

/* Of this process: what its calls find holds for the next. */
static late_threads late;

static double work_of(const inference *i, int64_t samples)
{
    return (double)samples * (double)i->network->parameter_floats;
}

/* As run_thread, by all threads. */
static void run_region(inference *i, int64_t samples, inference_tile_callback *callback, void *user,
                       tile_queue *queue)
{
    double opened = clock_seconds();
    double done = opened;
#pragma omp parallel num_threads(i->threads)
    {
        int thread = omp_get_thread_num();
        run_thread(i, thread, samples, callback, user, queue);
        if (thread == 0) {
            done = clock_seconds();
        }
    }
    double now = clock_seconds();
    late_threads_note(&late, now, work_of(i, samples), done - opened, now - done);
}

nnfs_status inference_run(inference *i, int64_t samples, inference_tile_callback *callback,
                          void *user, nnfs_error *error)
{
    tile_queue queue;
    atomic_init(&queue.next, 0);
    atomic_init(&queue.failed, false);
    blas_enter();
    if (i->threads == 1 || late_threads_expected(&late, clock_seconds(), work_of(i, samples))) {
        run_thread(i, 0, samples, callback, user, &queue);
    } else {
        run_region(i, samples, callback, user, &queue);
    }
    blas_leave();
    if (atomic_load(&queue.failed)) {
        return fail(error, NNFS_ERROR_BACKEND, "a matrix product was refused");
    }
    return NNFS_OK;
}
