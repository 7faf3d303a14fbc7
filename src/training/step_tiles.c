/* The tiles of a step: stages of phase 1 on columns or rows, and blocks of weights in phase 2. */
#include "training/step_tiles.h"

#include "data/gather.h"
#include "math/sums.h"

#include <omp.h>
#include <string.h>

/* ---- Samples and their loss ---- */

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

/* ---- The gradient of some samples ---- */

/* Columns of the chunk, and the buffer that their gradient goes into, laid out like the parameters. */
typedef struct gradient_part {
    int column, columns;
    float *to;
    bool opens; /* what the buffer holds is of an earlier step */
} gradient_part;

/* The block of dW = D A^T, or of dW^T = A D^T. */
static bool block_gradient(const nnfs_trainer *trainer, const gradient_part *part,
                           const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    const float *a = block->layer == 0 ? trainer->pass.input : trainer->pass.a[block->layer - 1];
    const float *d = trainer->pass.d[block->layer];
    bool transposed = layer->transposed;
    a += (ptrdiff_t)part->column * layer->in + block->first; /* [in x columns], from that row on */
    d += (ptrdiff_t)part->column * layer->out;               /* [out x columns] */
    const gemm_product product = {
        .transpose_a = GEMM_N,
        .transpose_b = GEMM_T,
        .m = transposed ? block->count : layer->out,
        .n = transposed ? layer->out : block->count,
        .k = part->columns,
        .alpha = 1.0f,
        .a = transposed ? a : d,
        .lda = transposed ? layer->in : layer->out,
        .b = transposed ? d : a,
        .ldb = transposed ? layer->out : layer->in,
        .beta = part->opens ? 0.0f : 1.0f,
        .c = part->to + network_weight(layer, 0, (size_t)block->first),
        .ldc = transposed ? layer->in : layer->out,
    };
    return gemm_run(trainer->pass.gemm, &product);
}

/* db = row sums of D. */
static void bias_gradient(const nnfs_trainer *trainer, const gradient_part *part, int index)
{
    const network_layer *layer = &trainer->network->layers[index];
    float *db = part->to + layer->biases;
    for (int i = 0; part->opens && i < layer->out; i++) {
        db[i] = 0.0f;
    }
    add_row_sums(trainer->pass.d[index] + (ptrdiff_t)part->column * layer->out, (size_t)layer->out,
                 (size_t)part->columns, db);
}

/* A block of the gradient, with the biases where it is its layer's first. */
static bool add_gradient(const nnfs_trainer *trainer, const gradient_part *part,
                         const plan_block *block)
{
    profile *laps = trainer->pass.profile;
    bool ok = block_gradient(trainer, part, block);
    profile_lap_product(laps, block->layer, PROFILE_GRADIENT,
                        trainer->network->layers[block->layer].out, block->count, part->columns);
    if (block->first == 0) {
        bias_gradient(trainer, part, block->layer);
        profile_lap(laps, PROFILE_ELEMENTWISE);
    }
    return ok;
}

/* The whole gradient of a tile of columns, into the tile's own partial gradient. */
static bool tile_gradient(const nnfs_trainer *trainer, const step_chunk *chunk, pass_tile tile)
{
    const nnfs_network *network = trainer->network;
    size_t index = (size_t)(tile.column / trainer->plan.tile);
    const gradient_part part = {tile.column, tile.columns,
                                trainer->partials + network->parameter_floats * index,
                                chunk->opens};
    bool ok = true;
    for (int layer = 0; layer < network->layer_count; layer++) {
        const plan_block all = {layer, 0, network->layers[layer].in};
        ok = add_gradient(trainer, &part, &all) && ok;
    }
    return ok;
}

/* ---- Phase 1: the plan's stages, by tiles ---- */

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
    case PLAN_BACKWARD:
        return pass_backward_layer(pass, operation.layer, tile);
    default:
        return tile_gradient(run->trainer, chunk, tile);
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

typedef struct block_range {
    size_t first, count;
} block_range;

/* Ranges of the parameters that a block has. Its columns of W lie next to each other, one range; of W^T it
 * has rows, a range in each column. With the first block go the biases. */
static size_t count_ranges(const network_layer *layer, const plan_block *block)
{
    bool whole = !layer->transposed || block->count == layer->in;
    return (whole ? 1 : (size_t)layer->out) + (block->first == 0 ? 1 : 0);
}

static block_range range_at(const network_layer *layer, const plan_block *block, size_t index)
{
    size_t inputs = (size_t)block->count;
    size_t units = (size_t)layer->out;
    size_t ranges = count_ranges(layer, block);
    if (block->first == 0 && index + 1 == ranges) {
        return (block_range){layer->biases, units};
    }
    bool whole = !layer->transposed || block->count == layer->in;
    return (block_range){network_weight(layer, index, (size_t)block->first),
                         whole ? inputs * units : inputs};
}

static bool update_range(nnfs_trainer *trainer, const optimizer_step *step, block_range at)
{
    const optimizer_range range = {
        .w = trainer->network->parameters + at.first,
        .gradient = trainer->gradient + at.first,
        .first = trainer->first ? trainer->first + at.first : NULL,
        .second = trainer->second ? trainer->second + at.first : NULL,
        .count = at.count,
    };
    return optimizer_of(trainer->settings.optimizer)->update(step, &range);
}

bool tile_update(nnfs_trainer *trainer, const optimizer_step *step, const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    size_t ranges = count_ranges(layer, block);
    bool ok = true;
    for (size_t i = 0; i < ranges; i++) {
        ok = update_range(trainer, step, range_at(layer, block, i)) && ok;
    }
    return ok;
}

/* The gradient's range is the sum of those of the partial gradients, in their order. */
static void sum_range(nnfs_trainer *trainer, int partials, block_range at)
{
    float *sum = trainer->gradient + at.first;
    memcpy(sum, trainer->partials + at.first, at.count * sizeof *sum);
    for (size_t p = 1; p < (size_t)partials; p++) {
        add_row_sums(trainer->partials + trainer->network->parameter_floats * p + at.first,
                     at.count, 1, sum);
    }
}

static void sum_partials(nnfs_trainer *trainer, int partials, const plan_block *block)
{
    const network_layer *layer = &trainer->network->layers[block->layer];
    size_t ranges = count_ranges(layer, block);
    for (size_t i = 0; i < ranges; i++) {
        sum_range(trainer, partials, range_at(layer, block, i));
    }
    profile_lap(trainer->pass.profile, PROFILE_ELEMENTWISE);
}

bool tile_of_weights(const step_run *run, const step_chunk *chunk, const plan_block *block)
{
    nnfs_trainer *trainer = run->trainer;
    bool ok = true;
    if (trainer->plan.partials == 0) {
        const gradient_part part = {0, chunk->count, trainer->gradient, chunk->opens};
        ok = add_gradient(trainer, &part, block);
    } else if (chunk->closes) {
        sum_partials(trainer, chunk->partials, block);
    }
    if (ok && chunk->closes && run->update) {
        ok = tile_update(trainer, &chunk->optimizer, block);
        profile_lap(trainer->pass.profile, PROFILE_OPTIMIZER);
    }
    return ok;
}
