/* Between a gradient and the next step: the sums over tiles and shards, norms, the caller's
 * hook, the update. */
#include "base/vector.h"
#include "math/bf16.h"
#include "math/sums.h"
#include "program/op.h"

#include <math.h>
#include <string.h>

/* ---- Ranges ---- */

/* A block of columns of a tensor is some ranges of equal length in the flat buffers: one, if it
 * lies there without gaps. */
typedef struct block_ranges {
    size_t first; /* of the first range */
    size_t stride;
    size_t length;
    size_t count;
} block_ranges;

static block_ranges ranges_of(const program_op *op, op_tile tile)
{
    const operand *t = &op->out;
    size_t rows = (size_t)t->rows;
    size_t columns = (size_t)tile.count;
    if (op->first_tile) { /* a vector */
        return (block_ranges){t->offset, 0, rows, 1};
    }
    size_t first = t->offset + (size_t)tile.first * (size_t)t->column_stride;
    if (t->row_stride == 1 || tile.count == t->columns) {
        return (block_ranges){first, 0, rows * columns, 1};
    }
    return (block_ranges){first, (size_t)t->row_stride, columns, rows};
}

/* ---- Partial gradients ---- */

/* The gradient is the sum of those of single tiles, in their order. */
static bool run_sum_partials(const program_op *op, const op_context *context, op_tile tile)
{
    block_ranges ranges = ranges_of(op, tile);
    for (size_t r = 0; r < ranges.count; r++) {
        size_t at = ranges.first + r * ranges.stride;
        float *sum = context->base[SPACE_GRADIENT] + at;
        if (context->chunk->partials == 0) { /* a shard without samples */
            memset(sum, 0, ranges.length * sizeof *sum);
            continue;
        }
        memcpy(sum, context->base[SPACE_PARTIALS] + at, ranges.length * sizeof *sum);
        for (size_t p = 1; p < (size_t)context->chunk->partials; p++) {
            add_row_sums(context->base[SPACE_PARTIALS] + context->gradient_floats * p + at,
                         ranges.length, 1, sum);
        }
    }
    return true;
}

const op_kind op_sum_partials = {.name = "sum partials",
                                 .part = NNFS_PART_ELEMENTWISE,
                                 .run = run_sum_partials,
                                 .last_chunk = true};

/* ---- Shards ---- */

/* A block of the gradients of the shards. */
typedef struct shard_block {
    const op_context *context;
    block_ranges ranges;
} shard_block;

static void add_shard(void *user, int to, int from)
{
    const shard_block *block = user;
    const op_context *context = block->context;
    float *sum = context->leaves[to - context->range.first];
    const float *other = context->leaves[from - context->range.first];
    for (size_t r = 0; r < block->ranges.count; r++) {
        size_t at = block->ranges.first + r * block->ranges.stride;
        if (context->settings->wire == NNFS_PRECISION_BF16) {
            bf16_add(other + at, block->ranges.length, sum + at);
        } else {
            add_row_sums(other + at, block->ranges.length, 1, sum + at);
        }
    }
}

/* All nodes of the tree are rounded, its leaves first. */
static void round_leaves(const op_context *context, const block_ranges *ranges)
{
    for (int i = 0; i < context->range.count; i++) {
        for (size_t r = 0; r < ranges->count; r++) {
            bf16_round(context->leaves[i] + ranges->first + r * ranges->stride, ranges->length);
        }
    }
}

static bool run_sum_shards(const program_op *op, const op_context *context, op_tile tile)
{
    shard_block block = {context, ranges_of(op, tile)};
    if (context->settings->wire == NNFS_PRECISION_BF16) {
        round_leaves(context, &block.ranges);
    }
    shard_tree_within(context->shards, context->range, add_shard, &block);
    return true;
}

const op_kind op_sum_shards = {.name = "sum shards",
                               .part = NNFS_PART_ELEMENTWISE,
                               .run = run_sum_shards,
                               .last_chunk = true,
                               .once = true};

/* ---- Ranks ---- */

static bool run_begin_sum(const program_op *op, const op_context *context, op_tile tile)
{
    (void)tile;
    return exchange_begin(context->exchange, op->bucket, context->leaves);
}

const op_kind op_begin_sum = {.name = "begin all-reduce",
                              .part = NNFS_PART_ALL_REDUCE,
                              .run = run_begin_sum,
                              .last_chunk = true,
                              .once = true};

static bool run_end_sum(const program_op *op, const op_context *context, op_tile tile)
{
    (void)tile;
    return exchange_end(context->exchange, op->bucket);
}

const op_kind op_end_sum = {.name = "all-reduce",
                            .part = NNFS_PART_ALL_REDUCE,
                            .run = run_end_sum,
                            .last_chunk = true,
                            .once = true};

/* ---- The norm of the gradient ---- */

enum { LANES = 16 };

VECTOR_CLONES
static double sum_squares(const float *restrict x, size_t count)
{
    double lanes[LANES] = {0.0};
    size_t whole = count - count % LANES;
    for (size_t at = 0; at < whole; at += LANES) {
#pragma omp simd
        for (size_t i = 0; i < LANES; i++) {
            lanes[i] += (double)x[at + i] * (double)x[at + i];
        }
    }
    for (size_t i = whole; i < count; i++) {
        lanes[i - whole] += (double)x[i] * (double)x[i];
    }
    double sum = 0.0;
    for (int i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}

static bool run_gradient_norm(const program_op *op, const op_context *context, op_tile tile)
{
    block_ranges ranges = ranges_of(op, tile);
    double sum = 0.0;
    for (size_t r = 0; r < ranges.count; r++) {
        sum += sum_squares(context->base[SPACE_GRADIENT] + ranges.first + r * ranges.stride,
                           ranges.length);
    }
    context->state->sums[op->sums + (size_t)tile.index] = sum;
    return true;
}

/*
 * The ops of all tensors finish one after the other: each adds its tiles, in their order, and the
 * last one leaves what the whole norm asks for (torch.nn.utils.clip_grad_norm_).
 */
static bool finish_gradient_norm(const program_op *op, const op_context *context)
{
    op_state *state = context->state;
    int tiles =
        op->first_tile ? 1 : (op->grid.columns + op->grid.tile_columns - 1) / op->grid.tile_columns;
    for (int i = 0; i < tiles; i++) {
        state->gradient_square += state->sums[op->sums + (size_t)i];
    }
    double norm = sqrt(state->gradient_square);
    state->gradient_scale =
        norm > (double)op->value ? (float)((double)op->value / (norm + 1e-6)) : 1.0f;
    return true;
}

const op_kind op_gradient_norm = {.name = "gradient norm",
                                  .part = NNFS_PART_OPTIMIZER,
                                  .run = run_gradient_norm,
                                  .finish = finish_gradient_norm,
                                  .last_chunk = true,
                                  .once = true};

/* ---- The caller's hook ---- */

static bool run_on_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    (void)op;
    (void)tile;
    const nnfs_train_settings *settings = context->settings;
    settings->on_gradient(settings->user, context->base[SPACE_GRADIENT], context->gradient_floats);
    return true;
}

const op_kind op_on_gradient = {.name = "on gradient",
                                .part = NNFS_PART_OPTIMIZER,
                                .run = run_on_gradient,
                                .last_chunk = true,
                                .once = true};

/* ---- The update ---- */

static float *state_at(const op_context *context, int state, size_t at)
{
    float *base = context->base[SPACE_STATES + state];
    return base ? base + at : NULL;
}

/* The numbers of a step for one tensor. */
static optimizer_step step_of(const program_op *op, const op_context *context)
{
    const network_tensor *tensor = &context->network->tensors[op->tensor];
    const op_chunk *chunk = context->chunk;
    bool left = op->turn == TURN_LAST_STEP;
    optimizer_step step = left ? chunk->optimizer_before : chunk->optimizer;
    step.learning_rate *= tensor->rate;
    step.corrected_rate *= tensor->rate;
    step.weight_decay = tensor->not_decayed ? 0.0f : step.weight_decay;
    return step;
}

static bool run_update(const program_op *op, const op_context *context, op_tile tile)
{
    block_ranges ranges = ranges_of(op, tile);
    const optimizer *row = optimizer_of(context->settings->optimizer);
    const optimizer_step step = step_of(op, context);
    bool ok = true;
    for (size_t r = 0; r < ranges.count; r++) {
        size_t at = ranges.first + r * ranges.stride;
        const optimizer_range range = {
            .w = context->base[SPACE_PARAMETERS] + at,
            .gradient = context->base[SPACE_GRADIENT] + at,
            .factors = &context->state->gradient_scale,
            .m = state_at(context, STATE_M, at),
            .v = state_at(context, STATE_V, at),
            .count = ranges.length,
            .lines = 1,
        };
        ok = row->update(&step, &range) && ok;
    }
    return ok;
}

const op_kind op_update = {.name = "update",
                           .part = NNFS_PART_OPTIMIZER,
                           .run = run_update,
                           .last_chunk = true,
                           .once = true};

/* ---- The gradient and the update of a batch of one sample ---- */

/*
 * dW = d a^T is never stored. W lies in lines: columns, one for each element of a, or, where it is
 * thin, rows, one for each of d.
 */
static bool run_sample_update(const program_op *op, const op_context *context, op_tile tile)
{
    const operand *w = &op->out;
    const float *d = op_vector(context, &op->in);
    const float *a = op_vector(context, &op->kept) + tile.first;
    size_t at = w->offset + (size_t)tile.first * (size_t)w->column_stride;
    optimizer_range range = {
        .w = context->base[SPACE_PARAMETERS] + at,
        .gradient = d,
        .factors = a,
        .m = state_at(context, STATE_M, at),
        .v = state_at(context, STATE_V, at),
        .count = (size_t)w->rows,
        .lines = (size_t)tile.count,
        .stride = (size_t)w->column_stride,
    };
    if (w->row_stride > 1) {
        range.gradient = a;
        range.factors = d;
        range.count = (size_t)tile.count;
        range.lines = (size_t)w->rows;
        range.stride = (size_t)w->row_stride;
    }
    const optimizer_step step = step_of(op, context);
    return optimizer_of(context->settings->optimizer)->update(&step, &range);
}

static op_cost sample_update_cost(const program_op *op, op_tile tile, int samples)
{
    int64_t weights = (int64_t)op->out.rows * tile.count;
    (void)samples;
    return (op_cost){weights, op->out.rows + tile.count + 2 * weights};
}

const op_kind op_sample_update = {.name = "gradient and update",
                                  .part = NNFS_PART_GRADIENT,
                                  .run = run_sample_update,
                                  .cost = sample_update_cost,
                                  .last_chunk = true};

/* ---- What follows the parameters ---- */

static bool run_follow(const program_op *op, const op_context *context, op_tile tile)
{
    block_ranges ranges = ranges_of(op, tile);
    const train_state *state = train_state_at(op->state);
    int64_t update = context->chunk->update - (op->turn == TURN_LAST_STEP);
    for (size_t r = 0; r < ranges.count; r++) {
        size_t at = ranges.first + r * ranges.stride;
        state->follow(context->settings, update, context->base[SPACE_PARAMETERS] + at,
                      state_at(context, op->state, at), ranges.length);
    }
    return true;
}

const op_kind op_follow = {.name = "follow",
                           .part = NNFS_PART_OPTIMIZER,
                           .run = run_follow,
                           .last_chunk = true,
                           .once = true};
