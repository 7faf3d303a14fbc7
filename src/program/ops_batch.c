/* Where a step meets its samples: the batch, the loss, and gradients that come from the caller. */
#include "data/batch.h"
#include "program/op.h"

#include <math.h>
#include <string.h>

/* ---- Samples in ---- */

static bool run_fetch(const program_op *op, const op_context *context, op_tile tile)
{
    const nnfs_dataset *dataset = context->dataset;
    op_state *state = context->state;
    size_t targets = (size_t)dataset->parts.target_count;
    sample_batch to = {
        .n = tile.count,
        .x = matrix_at(op_view(context, &op->out, 0, op->out.rows, tile.first, 0), 0, 0),
        .labels = state->labels + tile.first,
        .targets = state->targets + targets * (size_t)tile.first,
        .weights = state->weights + tile.first};
    dataset_fetch(dataset, context->order, context->chunk->first + tile.first, &to);
    return true;
}

const op_kind op_fetch = {.name = "fetch", .part = NNFS_PART_GATHER, .run = run_fetch};

/* ---- The loss ---- */

/* Loss and delta of a tile of the output layer. */
static bool run_loss(const program_op *op, const op_context *context, op_tile tile)
{
    const op_state *state = context->state;
    bool classes = dataset_has_labels(context->dataset);
    int rows = op->in.rows;
    matrix z = op_view(context, &op->in, 0, rows, tile.first, tile.count);
    matrix outputs = op_view(context, &op->kept, 0, rows, tile.first, tile.count);
    bool trains = op_is_given(&op->out);
    bool weighted =
        trains && dataset_has_weights(context->dataset); /* evaluation counts all alike */
    float *delta = trains ? op_view(context, &op->out, 0, rows, tile.first, tile.count).data : NULL;
    loss_tile of = {
        .z = z.data,
        .outputs = outputs.data,
        .labels = classes ? state->labels + tile.first : NULL,
        .targets = classes ? NULL : state->targets + (size_t)rows * (size_t)tile.first,
        .weights = weighted ? state->weights + tile.first : NULL,
        .scratch = context->scratch,
        .delta = delta,
        .scale = context->chunk->scale,
        .label_smoothing = op->value,
        .rows = rows,
        .columns = tile.count,
    };
    tile_record record = {.loss = op->loss->forward_backward(&of, op->activation)};
    if (classes) {
        record.correct = count_correct(of.outputs, of.labels, rows, tile.count);
    }
    state->records[tile.first / context->tile_columns] = record;
    return true;
}

/* The chunk's loss, summed in the order of the tiles. No parameter has been touched yet. */
static bool finish_loss(const program_op *op, const op_context *context)
{
    op_state *state = context->state;
    state->chunk_loss = 0.0;
    state->chunk_correct = 0;
    for (int first = 0; first < context->chunk->count; first += op->grid.tile_columns) {
        const tile_record *record = &state->records[first / context->tile_columns];
        state->chunk_loss += record->loss;
        state->chunk_correct += record->correct;
    }
    return isfinite(state->chunk_loss) != 0;
}

const op_kind op_loss = {
    .name = "loss", .part = NNFS_PART_ELEMENTWISE, .run = run_loss, .finish = finish_loss};

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
