/* The tiles of a step: stages of phase 1 on columns or rows, and blocks of weights in phase 2. */
#include "training/step_tiles.h"

#include "data/gather.h"

#include <omp.h>

/* ---- Phase 1: the plan's stages, by tiles ---- */

/* Copies the tile's samples into its columns; labels or targets with them, and weights. */
static void gather_tile(const step_run *run, const step_chunk *chunk, int first, int count)
{
    nnfs_trainer *trainer = run->trainer;
    const nnfs_dataset *dataset = run->dataset;
    int64_t at = chunk->first + first;
    gather_features(dataset, run->order, at, count,
                    trainer->input + (size_t)first * (size_t)dataset->inputs);
    if (dataset->parts.labels) {
        gather_labels(dataset, run->order, at, count, trainer->labels + first);
    } else {
        gather_targets(dataset, run->order, at, count,
                       trainer->targets + (size_t)first * (size_t)dataset->parts.target_count);
    }
    if (dataset->weights) {
        gather_weights(dataset, run->order, at, count, trainer->weights + first);
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
        .weights = run->dataset->weights ? trainer->weights + first : NULL,
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

/* Tile `index` of a stage on a chunk: rows of an operation's matrix, and columns. */
static pass_tile stage_tile(const plan_stage *stage, const step_chunk *chunk, int index, int rows)
{
    int high = stage->rows > 0 ? stage->rows : rows;
    int down = (rows + high - 1) / high; /* tiles below one another */
    int row = index % down * high;
    int column = index / down * stage->columns;
    int rows_left = rows - row;
    int columns_left = chunk->count - column;
    return (pass_tile){row, rows_left < high ? rows_left : high, column,
                       columns_left < stage->columns ? columns_left : stage->columns};
}

bool tile_of_stage(const step_run *run, const step_chunk *chunk, const plan_stage *stage, int index)
{
    const nnfs_network *network = run->trainer->network;
    bool ok = true;
    for (int i = stage->first; i <= stage->last; i++) {
        plan_operation operation = plan_operation_of(network, i);
        int rows = plan_operation_rows(network, operation);
        ok = run_operation(run, chunk, operation, stage_tile(stage, chunk, index, rows)) && ok;
    }
    return ok;
}

/* ---- Phase 2: blocks of the parameters ---- */

/* The block of dW = D A^T over the chunk, or of dW^T = A D^T, added to what earlier chunks of the step left there. */
static bool block_gradient(const nnfs_trainer *trainer, const step_chunk *chunk,
                           const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    const float *a = block->layer == 0 ? trainer->pass.input : trainer->pass.a[block->layer - 1];
    const float *d = trainer->pass.d[block->layer]; /* [out x count] */
    a += block->first; /* [in x count], from the block's first row on */
    bool transposed = layer->transposed;
    const gemm_product product = {
        .transpose_a = GEMM_N,
        .transpose_b = GEMM_T,
        .m = transposed ? block->count : layer->out,
        .n = transposed ? layer->out : block->count,
        .k = chunk->count,
        .alpha = 1.0f,
        .a = transposed ? a : d,
        .lda = transposed ? layer->in : layer->out,
        .b = transposed ? d : a,
        .ldb = transposed ? layer->out : layer->in,
        .beta = chunk->opens ? 0.0f : 1.0f,
        .c = trainer->gradient + network_weight(layer, 0, (size_t)block->first),
        .ldc = transposed ? layer->in : layer->out,
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

/*
 * A block's columns of W lie next to each other, one range; of W^T it has rows, a range in each column.
 * With the first block go the biases.
 */
bool tile_update(nnfs_trainer *trainer, const optimizer_step *step, const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    size_t inputs = (size_t)block->count;
    size_t units = (size_t)layer->out;
    bool whole = !layer->transposed || block->count == layer->in;
    size_t ranges = whole ? 1 : units;
    bool ok = true;
    for (size_t i = 0; i < ranges; i++) {
        size_t first = network_weight(layer, i, (size_t)block->first);
        ok = update_range(trainer, step, first, whole ? inputs * units : inputs) && ok;
    }
    if (block->first == 0) {
        ok = update_range(trainer, step, layer->biases, units) && ok;
    }
    return ok;
}

bool tile_of_weights(const step_run *run, const step_chunk *chunk, const plan_block *block)
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
        ok = tile_update(trainer, &chunk->optimizer, block);
        profile_lap(laps, PROFILE_OPTIMIZER);
    }
    return ok;
}
