/* The two phases of a step. */
#include "training/step.h"

#include "base/barrier.h"
#include "data/gather.h"
#include "math/blas_runtime.h"

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

/* This thread's share of a stage's tiles. */
static bool run_stage(const step_run *run, const step_chunk *chunk, const plan_stage *stage)
{
    const nnfs_network *network = run->trainer->network;
    int total = stage->rows > 0
                    ? plan_operation_rows(network, plan_operation_of(network, stage->first))
                    : chunk->count;
    int part = stage->rows > 0 ? stage->rows : run->trainer->plan.tile;
    bool ok = true;
    for (int i = omp_get_thread_num(); i * part < total; i += omp_get_num_threads()) {
        ok = (stage->rows > 0 ? run_rows(run, chunk, stage, i)
                              : run_columns(run, chunk, stage, i)) &&
             ok;
    }
    return ok;
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

/* What the threads of a region share besides the run. */
typedef struct step_region {
    step_run *run;
    int64_t steps_before; /* of the trainer */
    barrier barrier;
    atomic_bool refused;  /* by the seam: a product */
    atomic_int bad_layer; /* + 1: whose update was not finite; 0 as long as all are */
    atomic_bool stop;
} step_region;

/* The sum over the chunk's tiles, in tile order: the same in every thread, at any number of them. */
static tile_record sum_records(const nnfs_trainer *trainer, int tiles)
{
    tile_record sum = {0};
    for (int i = 0; i < tiles; i++) {
        sum.loss += trainer->records[i].loss;
        sum.correct += trainer->records[i].correct;
    }
    return sum;
}

static void note_divergence(step_run *run, const step_chunk *chunk, const char *what, int layer)
{
    run->diverged = what;
    run->bad_first = chunk->first;
    run->bad_count = chunk->count;
    run->bad_layer = layer;
}

/* Phase 1 of a chunk. False, in all threads alike and before any weight is touched, if it went wrong. */
static bool run_phase_1(step_region *region, const step_chunk *chunk, tile_record *sum)
{
    step_run *run = region->run;
    const nnfs_trainer *trainer = run->trainer;
    for (int i = 0; i < trainer->plan.stages; i++) {
        if (!run_stage(run, chunk, &trainer->plan.stage[i])) {
            atomic_store(&region->refused, true);
        }
        barrier_wait(&region->barrier, omp_get_num_threads());
        profile_lap(trainer->pass.profile, PROFILE_WAITING);
    }
    *sum = sum_records(trainer, (chunk->count + trainer->plan.tile - 1) / trainer->plan.tile);
    bool ok = isfinite(sum->loss) && !atomic_load(&region->refused);
    if (!ok && omp_get_thread_num() == 0) {
        note_divergence(run, chunk, "loss", -1);
    }
    return ok;
}

/* Phase 2 of a chunk. False, in all threads alike, if an update was not finite. */
static bool run_phase_2(step_region *region, const step_chunk *chunk)
{
    step_run *run = region->run;
    const step_plan *plan = &run->trainer->plan;
    for (int i = omp_get_thread_num(); i < plan->blocks; i += omp_get_num_threads()) {
        if (!run_block(run, chunk, &plan->block[i])) {
            atomic_store(&region->bad_layer, plan->block[i].layer + 1);
        }
    }
    barrier_wait(&region->barrier, omp_get_num_threads());
    profile_lap(run->trainer->pass.profile, PROFILE_WAITING);
    int bad = atomic_load(&region->bad_layer);
    if (bad != 0 && omp_get_thread_num() == 0) {
        note_divergence(run, chunk, "gradient", bad - 1);
    }
    return bad == 0;
}

/* Adds a chunk to the outcome of the run. */
static void count_chunk(step_region *region, const step_chunk *chunk, const tile_record *sum)
{
    step_run *run = region->run;
    run->loss += sum->loss;
    run->correct += sum->correct;
    run->samples += chunk->count;
    if (chunk->closes) {
        run->steps++;
        run->trainer->steps += run->update ? 1 : 0;
        atomic_store(&region->stop, run->after_step && run->after_step(run) != 0);
    }
}

/* Takes a chunk through both phases. False, in all threads alike, if the run must end here. */
static bool run_chunk(step_region *region, const step_chunk *chunk)
{
    tile_record sum;
    if (!run_phase_1(region, chunk, &sum)) {
        return false;
    }
    if (omp_get_thread_num() == 0) {
        count_chunk(region, chunk, &sum); /* before the others pass the next barrier */
    }
    return run_phase_2(region, chunk);
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

/* A step, in as many chunks as it takes; the run's steps are counted from 0. */
static bool run_step(step_region *region, int64_t first, int64_t count, int64_t step)
{
    const nnfs_trainer *trainer = region->run->trainer;
    step_chunk chunk = {
        .scale = (float)(1.0 / network_loss_terms(trainer->network, count)),
        .optimizer = optimizer_step_at(&trainer->settings, step_rate(region->run, step),
                                       region->steps_before + step + 1),
    };
    for (int64_t done = 0; done < count; done += chunk.count) {
        int64_t left = count - done;
        chunk.first = first + done;
        chunk.count = left < trainer->plan.chunk ? (int)left : trainer->plan.chunk;
        chunk.opens = done == 0;
        chunk.closes = left == chunk.count;
        if (!run_chunk(region, &chunk)) {
            return false;
        }
    }
    return true;
}

static void run_thread(step_region *region)
{
    const step_run *run = region->run;
    int64_t samples = run->dataset->samples;
    for (int64_t first = 0, step = 0; first < samples; first += run->batch, step++) {
        int64_t left = samples - first;
        int64_t count = left < run->batch ? left : run->batch;
        if (!run_step(region, first, count, step) || atomic_load(&region->stop)) {
            return;
        }
    }
}

void step_run_all(step_run *run)
{
    run->steps = run->samples = run->correct = 0;
    run->loss = 0.0;
    run->stopped = false;
    run->diverged = NULL;
    step_region region = {.run = run, .steps_before = run->trainer->steps};
    barrier_init(&region.barrier);
    atomic_init(&region.refused, false);
    atomic_init(&region.bad_layer, 0);
    atomic_init(&region.stop, false);
    profile_enter(run->trainer->pass.profile);
    blas_enter();
#pragma omp parallel num_threads(run->trainer->settings.threads)
    run_thread(&region);
    blas_leave();
    profile_leave(run->trainer->pass.profile);
    run->stopped = atomic_load(&region.stop);
}
