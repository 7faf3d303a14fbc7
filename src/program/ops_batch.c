/* Where a step meets its samples: the batch, the loss, and gradients that come from the caller. */
#include "data/augment/dataset_augment.h"
#include "data/batch.h"
#include "math/sums.h"
#include "program/op.h"

#include <math.h>
#include <string.h>

/* ---- Samples in ---- */

static bool run_fetch(const program_op *op, const op_context *context, op_tile tile)
{
    const nnfs_dataset *dataset = context->dataset;
    op_state *state = context->state;
    size_t targets = (size_t)dataset->storage.target_count;
    sample_batch to = {
        .n = tile.count,
        .x = matrix_at(op_view(context, &op->out, tile.row, tile.rows, tile.first, 0), 0, 0),
        .feature = tile.row,
        .features = op->grid.tile_rows > 0 ? tile.rows : 0,
        .scratch = context->scratch};
    if (tile.row == 0) {
        to.labels = state->labels + tile.first;
        to.targets = state->targets + targets * (size_t)tile.first;
        to.weights = state->weights + tile.first;
    }
    dataset_fetch(dataset, context->order, context->chunk->first + tile.first, &to);
    return true;
}

const op_kind op_fetch = {
    .name = "fetch", .part = NNFS_PART_GATHER, .run = run_fetch, .elementwise = true};

/* Distorts the samples of an epoch in their places; those of a step by hand stay as they are. */
static bool run_augment(const program_op *op, const op_context *context, op_tile tile)
{
    const nnfs_dataset *dataset = context->dataset;
    op_state *state = context->state;
    size_t targets = (size_t)dataset->storage.target_count;
    for (int j = tile.first; context->augment && j < tile.first + tile.count; j++) {
        fetched_sample sample = {
            .x = op_view(context, &op->out, 0, op->out.rows, j, 1).data,
            .targets = state->targets + targets * (size_t)j,
        };
        dataset_augment_fetched(dataset, context->augment, context->chunk->draw,
                                (int64_t)op_sample(context, j), &sample, context->augment_scratch);
        state->partners[j] = sample.partner;
        state->shares[j] = sample.share;
    }
    return true;
}

const op_kind op_augment = {.name = "augment", .part = NNFS_PART_AUGMENT, .run = run_augment};

/* ---- The loss ---- */

/* Every member learns the same targets: they are written once for each. */
static void repeat_targets(const program_op *op, const op_context *context, op_tile tile,
                           loss_tile *of)
{
    const op_state *state = context->state;
    size_t members = (size_t)op->members;
    size_t rows = (size_t)of->rows;
    size_t first = (size_t)tile.first * members;
    int32_t *labels = state->member_labels + first;
    float *targets = state->member_targets + first * rows;
    float *weights = state->member_weights + first;
    for (size_t i = 0; i < (size_t)tile.count * members; i++) {
        size_t sample = i / members;
        if (of->labels) {
            labels[i] = of->labels[sample];
        } else {
            memcpy(targets + i * rows, of->targets + sample * rows, rows * sizeof *targets);
        }
        if (of->weights) {
            weights[i] = of->weights[sample];
        }
    }
    of->labels = of->labels ? labels : NULL;
    of->targets = of->targets ? targets : NULL;
    of->weights = of->weights ? weights : NULL;
    of->columns = tile.count * op->members;
    of->scale /= (float)op->members;
}

/* Hits of the members together, whose outputs lie side by side. */
static int64_t count_members_correct(const program_op *op, const op_context *context, op_tile tile,
                                     const loss_tile *of)
{
    float *sum = context->scratch;
    int64_t correct = 0;
    for (int j = 0; j < tile.count; j++) {
        const float *outputs = of->outputs + (size_t)j * (size_t)op->members * (size_t)of->rows;
        for (int i = 0; i < of->rows; i++) {
            sum[i] = 0.0f;
        }
        add_row_sums(outputs, (size_t)of->rows, (size_t)op->members, sum);
        for (int i = 0; i < of->rows; i++) {
            sum[i] /= (float)op->members;
        }
        correct += count_correct(sum, of->labels + j * op->members, of->rows, 1);
    }
    return correct;
}

/* Loss and delta of a tile of the output layer. */
static bool run_loss(const program_op *op, const op_context *context, op_tile tile)
{
    const op_state *state = context->state;
    bool classes = dataset_has_labels(context->dataset);
    int rows = op->in.rows;
    matrix z = op_view(context, &op->in, 0, rows, tile.first, tile.count);
    matrix outputs = op_view(context, &op->kept, 0, rows, tile.first, tile.count);
    bool trains = op_is_given(&op->out);
    bool mixed = trains && classes && context->augment && augment_mixes(context->augment);
    bool weighted =
        trains && dataset_has_weights(context->dataset); /* evaluation counts all alike */
    float *delta = trains ? op_view(context, &op->out, 0, rows, tile.first, tile.count).data : NULL;
    loss_tile of = {
        .z = z.data,
        .outputs = outputs.data,
        .labels = classes ? state->labels + tile.first : NULL,
        .targets =
            classes ? NULL : state->targets + (size_t)(rows / op->members) * (size_t)tile.first,
        .weights = weighted ? state->weights + tile.first : NULL,
        .shares = mixed ? state->shares + tile.first : NULL,
        .partners = mixed ? state->partners + tile.first : NULL,
        .scratch = context->scratch,
        .quantile = context->network->quantile,
        .delta = delta,
        .scale = context->chunk->scale,
        .label_smoothing = op->value,
        .rows = rows / op->members,
        .columns = tile.count,
    };
    if (op->members > 1) {
        repeat_targets(op, context, tile, &of);
    }
    double loss = op->loss->forward_backward(&of, op->activation);
    tile_record record = {.loss = loss / op->members};
    if (classes && op->members > 1) {
        record.correct = count_members_correct(op, context, tile, &of);
    } else if (classes) {
        record.correct = count_correct(of.outputs, of.labels, rows, tile.count);
    }
    state->records[tile.first / context->tile_columns] = record;
    return true;
}

/* The loss and hits of the chunk, in the order of the tiles. */
static void sum_loss(const program_op *op, const op_context *context)
{
    op_state *state = context->state;
    double loss = 0.0;
    int64_t correct = 0;
    for (int first = 0; first < context->chunk->count; first += op->grid.tile_columns) {
        const tile_record *record = &state->records[first / context->tile_columns];
        loss += record->loss;
        correct += record->correct;
    }
    state->sums[op->sums] = loss;
    state->sums[op->sums + 1] = (double)correct;
    state->sums[op->sums + 2] = state->stop_asked ? 1.0 : 0.0;
}

/* No parameter has been touched yet. */
static bool finish_loss(const program_op *op, const op_context *context)
{
    op_state *state = context->state;
    state->chunk_loss = state->sums[op->sums];
    state->chunk_correct = (int64_t)state->sums[op->sums + 1];
    state->stop_agreed = state->stop_agreed || state->sums[op->sums + 2] > 0.0;
    return isfinite(state->chunk_loss) != 0;
}

const op_kind op_loss = {.name = "loss",
                         .part = NNFS_PART_ELEMENTWISE,
                         .run = run_loss,
                         .sum = sum_loss,
                         .finish = finish_loss};

/* ---- Gradients of the caller ---- */

/* dL/d output, for the samples of a tile. */
static bool run_take_output_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    int rows = op->out.rows;
    size_t at = (size_t)rows * (size_t)tile.first;
    matrix delta = op_view(context, &op->out, 0, rows, tile.first, tile.count);
    memcpy(delta.data, context->base[SPACE_OUTPUT_GRADIENT] + at,
           (size_t)rows * (size_t)tile.count * sizeof(float));
    return true;
}

const op_kind op_take_output_gradient = {
    .name = "take output gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_take_output_gradient};
