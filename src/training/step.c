/* The two phases of a step. */
#include "training/step.h"

#include "base/clock.h"
#include "data/gather.h"
#include "math/blas_runtime.h"

#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdatomic.h>

/* The columns that go through the two phases together: samples first .. first + count - 1 of a
 * step. */
typedef struct step_chunk {
    int64_t first;
    int count;
    bool opens;  /* the first chunk of its step: the gradient starts anew */
    bool closes; /* the last one: the optimizer runs */
    float scale; /* 1 / terms in the mean over the whole step */
    optimizer_step optimizer;
} step_chunk;

static int tiles_of(int total, int tile)
{
    return (total + tile - 1) / tile;
}

/* ---- Phase 1: the plan's stages, by tiles ---- */

/* Copies the tile's samples into its columns; labels or targets with them. */
static void gather_tile(const step_run *run, const step_chunk *chunk, int first, int count)
{
    nnfs_trainer *trainer = run->trainer;
    const nnfs_dataset *dataset = run->dataset;
    int64_t at = chunk->first + first;
    const uint32_t *order = run->order ? run->order + at : NULL;
    gather_features(dataset, order, at, count,
                    trainer->input + (size_t)first * (size_t)dataset->parts.feature_count);
    if (dataset->parts.labels) {
        gather_labels(dataset, order, at, count, trainer->labels + first);
    } else {
        gather_targets(dataset, order, at, count,
                       trainer->targets + (size_t)first * (size_t)dataset->parts.target_count);
    }
}

/* Loss, outputs and delta of the output layer's tile; what it came to goes into the tile's record. */
static void visit_loss(const step_run *run, const step_chunk *chunk, int first, int count)
{
    nnfs_trainer *trainer = run->trainer;
    const network_layer *output = network_output(trainer->network);
    int last = trainer->network->layer_count - 1;
    size_t at = (size_t)first * (size_t)output->out;
    bool classes = run->dataset->parts.labels != NULL;
    loss_tile tile = {
        .z = trainer->pass.z[last] + at,
        .outputs = trainer->pass.a[last] + at,
        .labels = classes ? trainer->labels + first : NULL,
        .targets = classes ? NULL : trainer->targets + at,
        .scratch = trainer->scratch + trainer->scratch_floats * (size_t)omp_get_thread_num(),
        .delta = trainer->pass.d[last] + at,
        .scale = chunk->scale,
        .rows = output->out,
        .columns = count,
    };
    tile_record record = {0};
    record.loss = loss_of(trainer->network->loss)->visit(&tile, activation_of(output->activation));
    if (classes) {
        record.correct = count_correct(tile.outputs, tile.labels, tile.rows, count);
    }
    trainer->records[first / trainer->plan.tile] = record;
}

/* One operation of the plan on one tile. False if the seam refused a product. */
static bool run_operation(const step_run *run, const step_chunk *chunk, plan_operation operation,
                          pass_tile tile)
{
    const pass_buffers *pass = &run->trainer->pass;
    switch (operation.kind) {
    case PLAN_GATHER:
        gather_tile(run, chunk, tile.column, tile.columns);
        profile_lap(pass->profile, PROFILE_GATHER);
        return true;
    case PLAN_FORWARD:
        return pass_forward_layer(pass, operation.layer, tile);
    case PLAN_LOSS:
        visit_loss(run, chunk, tile.column, tile.columns);
        profile_lap(pass->profile, PROFILE_ELEMENTWISE);
        return true;
    default:
        return pass_backward_layer(pass, operation.layer, tile);
    }
}

/* All operations of a stage on a tile of columns. */
static bool run_columns(const step_run *run, const step_chunk *chunk, const plan_stage *stage,
                        int index)
{
    const nnfs_trainer *trainer = run->trainer;
    int first = index * trainer->plan.tile;
    int left = chunk->count - first;
    bool ok = true;
    for (int i = stage->first; i <= stage->last; i++) {
        plan_operation operation = plan_operation_of(trainer->network, i);
        pass_tile tile = {0, plan_operation_rows(trainer->network, operation), first,
                          left < trainer->plan.tile ? left : trainer->plan.tile};
        ok = run_operation(run, chunk, operation, tile) && ok;
    }
    return ok;
}

/* The stage's one operation on a tile of rows. */
static bool run_rows(const step_run *run, const step_chunk *chunk, const plan_stage *stage,
                     int index)
{
    const nnfs_network *network = run->trainer->network;
    plan_operation operation = plan_operation_of(network, stage->first);
    int first = index * stage->rows;
    int left = plan_operation_rows(network, operation) - first;
    pass_tile tile = {first, left < stage->rows ? left : stage->rows, 0, chunk->count};
    return run_operation(run, chunk, operation, tile);
}

/* How many tiles a stage has. */
static int stage_tiles(const nnfs_trainer *trainer, const step_chunk *chunk,
                       const plan_stage *stage)
{
    if (stage->rows == 0) {
        return tiles_of(chunk->count, trainer->plan.tile);
    }
    const nnfs_network *network = trainer->network;
    return tiles_of(plan_operation_rows(network, plan_operation_of(network, stage->first)),
                    stage->rows);
}

/* ---- Phase 2: blocks of the parameters ---- */

/* The block of dW = D A^T over the chunk, added to what earlier chunks of the step left there. */
static bool block_gradient(const nnfs_trainer *trainer, const step_chunk *chunk,
                           const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    const float *a = block->layer == 0 ? trainer->pass.input : trainer->pass.a[block->layer - 1];
    const gemm_product product = {
        .transpose_a = GEMM_N, /* D [out x count] */
        .transpose_b = GEMM_T, /* A [in x count], from the block's first row on */
        .m = layer->out,
        .n = block->count,
        .k = chunk->count,
        .alpha = 1.0f,
        .a = trainer->pass.d[block->layer],
        .lda = layer->out,
        .b = a + block->first,
        .ldb = layer->in,
        .beta = chunk->opens ? 0.0f : 1.0f,
        .c = trainer->gradient + layer->weights + (size_t)block->first * (size_t)layer->out,
        .ldc = layer->out,
    };
    return gemm_run(trainer->pass.gemm, &product);
}

/* db = row sums of D over the chunk, added likewise. */
static void bias_gradient(const nnfs_trainer *trainer, const step_chunk *chunk, int index)
{
    const network_layer *layer = &trainer->network->layers[index];
    float *db = trainer->gradient + layer->biases;
    const float *d = trainer->pass.d[index];
    for (int i = 0; chunk->opens && i < layer->out; i++) {
        db[i] = 0.0f;
    }
    for (int j = 0; j < chunk->count; j++, d += layer->out) {
#pragma omp simd
        for (int i = 0; i < layer->out; i++) {
            db[i] += d[i];
        }
    }
}

static bool update_range(nnfs_trainer *trainer, const optimizer_step *step, size_t first,
                         size_t count)
{
    const optimizer_range range = {
        .w = trainer->network->parameters + first,
        .gradient = trainer->gradient + first,
        .first = trainer->first ? trainer->first + first : NULL,
        .second = trainer->second ? trainer->second + first : NULL,
        .count = count,
    };
    return optimizer_of(trainer->settings.optimizer)->update(step, &range);
}

/* The block's columns of W lie next to each other: one range; with the first block go the biases.
 */
static bool update_block(nnfs_trainer *trainer, const optimizer_step *step, const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    size_t rows = (size_t)layer->out;
    bool ok = update_range(trainer, step, layer->weights + (size_t)block->first * rows,
                           (size_t)block->count * rows);
    if (block->first == 0) {
        ok = update_range(trainer, step, layer->biases, rows) && ok;
    }
    return ok;
}

static bool run_block(const step_run *run, const step_chunk *chunk, const plan_block *block)
{
    nnfs_trainer *trainer = run->trainer;
    profile *laps = trainer->pass.profile;
    bool ok = block_gradient(trainer, chunk, block);
    profile_lap_product(laps, block->layer, PROFILE_GRADIENT,
                        trainer->network->layers[block->layer].out, block->count, chunk->count);
    if (block->first == 0) {
        bias_gradient(trainer, chunk, block->layer);
        profile_lap(laps, PROFILE_ELEMENTWISE);
    }
    if (ok && chunk->closes && run->update) {
        ok = update_block(trainer, &chunk->optimizer, block);
        profile_lap(laps, PROFILE_OPTIMIZER);
    }
    return ok;
}

bool step_update_all(nnfs_trainer *trainer)
{
    const schedule_time time = {.epoch = trainer->epochs, .steps = 1};
    float rate = schedule_rate(&trainer->settings, &trainer->schedule, &time);
    optimizer_step step = optimizer_step_at(&trainer->settings, rate, ++trainer->steps);
    bool ok = true;
    for (int i = 0; i < trainer->plan.blocks; i++) {
        ok = update_block(trainer, &step, &trainer->plan.block[i]) && ok;
    }
    return ok;
}

/* ---- Both phases, by all threads of the region ---- */

/*
 * A chunk has the parts 0 .. stages - 1, which are the stages of phase 1, then phase 2, then a pause in
 * which the caller may watch. Part p of chunk c is phase c * parts + p of what the threads share.
 */
typedef struct step_region {
    step_run *run;
    int64_t chunks;       /* in the whole run */
    int64_t steps_before; /* that the trainer had done */
    uint64_t parts;
    double watched;       /* when the caller was last called */
    atomic_bool refused;  /* by the seam: a product */
    atomic_int bad_layer; /* the first whose update was not finite; INT_MAX as long as all are */
} step_region;

static int64_t chunks_in(const step_run *run, int64_t samples)
{
    int chunk = run->trainer->plan.chunk;
    return (samples + chunk - 1) / chunk;
}

float step_rate(const step_run *run, int64_t step)
{
    const nnfs_trainer *trainer = run->trainer;
    const schedule_time time = {
        .epoch = trainer->epochs,
        .step = step,
        .steps = (run->dataset->samples + run->batch - 1) / run->batch,
    };
    return schedule_rate(&trainer->settings, &trainer->schedule, &time);
}

/* Where chunk `index` of the run lies: all steps but the last have equally many chunks. */
static step_chunk chunk_at(const step_region *region, int64_t index)
{
    const step_run *run = region->run;
    const nnfs_trainer *trainer = run->trainer;
    int64_t per_step = chunks_in(run, run->batch);
    int64_t step = index / per_step;
    int64_t samples = run->dataset->samples - step * run->batch;
    samples = samples < run->batch ? samples : run->batch;
    int64_t done = index % per_step * trainer->plan.chunk;
    int64_t left = samples - done;
    return (step_chunk){
        .first = step * run->batch + done,
        .count = left < trainer->plan.chunk ? (int)left : trainer->plan.chunk,
        .opens = done == 0,
        .closes = left <= trainer->plan.chunk,
        .scale = (float)(1.0 / network_loss_terms(trainer->network, samples)),
        .optimizer = optimizer_step_at(&trainer->settings, step_rate(run, step),
                                       region->steps_before + step + 1),
    };
}

static int part_tiles(const step_region *region, const step_chunk *chunk, uint64_t part)
{
    const step_plan *plan = &region->run->trainer->plan;
    if (part < (uint64_t)plan->stages) {
        return stage_tiles(region->run->trainer, chunk, &plan->stage[part]);
    }
    return part == (uint64_t)plan->stages ? plan->blocks : 1;
}

static void note_bad_layer(step_region *region, int layer)
{
    int first = atomic_load(&region->bad_layer);
    while (layer < first && !atomic_compare_exchange_weak(&region->bad_layer, &first, layer)) {
    }
}

static void run_tile(step_region *region, const step_chunk *chunk, uint64_t part, int index)
{
    const step_run *run = region->run;
    const step_plan *plan = &run->trainer->plan;
    if (part == (uint64_t)plan->stages) {
        if (!run_block(run, chunk, &plan->block[index])) {
            note_bad_layer(region, plan->block[index].layer);
        }
        return;
    }
    const plan_stage *stage = &plan->stage[part];
    bool ok = stage->rows > 0 ? run_rows(run, chunk, stage, index)
                              : run_columns(run, chunk, stage, index);
    if (!ok) {
        atomic_store(&region->refused, true);
    }
}

/* ---- Between the parts, by the thread that finished the last tile ---- */

static void note_divergence(step_run *run, const step_chunk *chunk, const char *what, int layer)
{
    run->diverged = what;
    run->bad_first = chunk->first;
    run->bad_count = chunk->count;
    run->bad_layer = layer;
}

/* The chunk's loss is known, and no weight touched yet. Adds it up in tile order, whoever did the tiles. */
static bool close_phase_1(step_region *region, const step_chunk *chunk)
{
    step_run *run = region->run;
    double sum = 0.0;
    int64_t correct = 0;
    for (int i = 0; i < tiles_of(chunk->count, run->trainer->plan.tile); i++) {
        sum += run->trainer->records[i].loss;
        correct += run->trainer->records[i].correct;
    }
    if (!isfinite(sum) || atomic_load(&region->refused)) {
        note_divergence(run, chunk, "loss", -1);
        return false;
    }
    run->loss += sum;
    run->correct += correct;
    run->samples += chunk->count;
    return true;
}

static bool close_phase_2(step_region *region, const step_chunk *chunk)
{
    step_run *run = region->run;
    int bad = atomic_load(&region->bad_layer);
    if (bad != INT_MAX) {
        note_divergence(run, chunk, "gradient", bad);
        return false;
    }
    run->steps += chunk->closes ? 1 : 0;
    run->trainer->steps += chunk->closes && run->update ? 1 : 0;
    return true;
}

static bool watch_is_due(step_region *region)
{
    const step_run *run = region->run;
    return run->watch && clock_seconds() - region->watched >= run->watch_every;
}

/* The phase after `phase`, which is over. */
static uint64_t phase_after(step_region *region, const step_chunk *chunk, uint64_t phase)
{
    uint64_t part = phase % region->parts;
    uint64_t next_chunk = phase - part + region->parts;
    bool ok = true;
    if (part + 3 == region->parts) {
        ok = close_phase_1(region, chunk);
    } else if (part + 2 == region->parts) {
        ok = close_phase_2(region, chunk);
    } else if (part + 1 == region->parts) {
        ok = !region->run->stopped;
    }
    bool last = next_chunk == (uint64_t)region->chunks * region->parts;
    if (!ok || (last && part + 2 >= region->parts)) {
        return PHASES_OVER;
    }
    /* The pause is left out as long as nothing is to be watched. */
    return part + 2 == region->parts && !watch_is_due(region) ? next_chunk : phase + 1;
}

/* The pause: no thread is at work but the calling one. */
static void watch(step_region *region)
{
    step_run *run = region->run;
    run->stopped = run->watch(run) != 0;
    region->watched = clock_seconds();
}

/* ---- The threads ---- */

/* This thread's part of a phase. */
static void share_phase(step_region *region, const step_chunk *chunk, uint64_t phase)
{
    phases *shared = &region->run->trainer->phases;
    uint64_t part = phase % region->parts;
    int tiles = part_tiles(region, chunk, part);
    int from = 0;
    int tile = 0;
    if (part + 1 == region->parts) {
        if (omp_get_thread_num() == 0) {
            watch(region);
            phases_advance(shared, phase_after(region, chunk, phase));
        }
        return;
    }
    while ((tile = phases_claim(shared, phase, tiles, omp_get_thread_num(), omp_get_num_threads(),
                                &from)) >= 0) {
        run_tile(region, chunk, part, tile);
        if (phases_finish(shared, tiles)) {
            phases_advance(shared, phase_after(region, chunk, phase));
        }
    }
}

static void run_thread(step_region *region)
{
    nnfs_trainer *trainer = region->run->trainer;
    uint64_t phase = 0;
    uint64_t at = UINT64_MAX; /* the chunk this thread looks at */
    step_chunk chunk = {0};
    while (phase != PHASES_OVER) {
        if (phase / region->parts != at) {
            at = phase / region->parts;
            chunk = chunk_at(region, (int64_t)at);
        }
        share_phase(region, &chunk, phase);
        phase = phases_wait(&trainer->phases, phase);
        profile_lap(trainer->pass.profile, PROFILE_WAITING);
    }
}

void step_run_all(step_run *run)
{
    nnfs_trainer *trainer = run->trainer;
    int64_t samples = run->dataset->samples;
    run->steps = run->samples = run->correct = 0;
    run->loss = 0.0;
    run->stopped = false;
    run->diverged = NULL;
    step_region region = {.run = run, .steps_before = trainer->steps, .watched = clock_seconds()};
    region.chunks =
        samples / run->batch * chunks_in(run, run->batch) + chunks_in(run, samples % run->batch);
    region.parts = (uint64_t)trainer->plan.stages + 2;
    atomic_init(&region.refused, false);
    atomic_init(&region.bad_layer, INT_MAX);
    phases_begin(&trainer->phases);
    profile_enter(trainer->pass.profile);
    blas_enter();
#pragma omp parallel num_threads(trainer->settings.threads)
    run_thread(&region);
    blas_leave();
    profile_leave(trainer->pass.profile);
}
