/* The three products of a layer, and the row sums that are the gradient of its biases. */
#include "math/sums.h"
#include "program/op.h"

#include <string.h>

/* A product of [m x k] and [k x n]. */
static op_cost product_cost(int64_t m, int64_t n, int64_t k)
{
    return (op_cost){m * n * k, m * k + k * n + m * n};
}

/* ---- Forward: Z = W A ---- */

static bool run_forward(const program_op *op, const op_context *context, op_tile tile)
{
    matrix w = op_view(context, &op->weight, tile.row, tile.rows, 0, op->in.rows);
    matrix a = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix z = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    return gemm_multiply(context->gemm, w, a, 0.0f, z);
}

static op_cost forward_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    return product_cost(tile.rows, op_columns(&op->in, tile.count), op->in.rows);
}

const op_kind op_forward = {
    .name = "forward", .part = NNFS_PART_FORWARD, .run = run_forward, .cost = forward_cost};

/* ---- Forward by halves of the inputs: Z = W_1 A_1 + W_2 A_2 ---- */

/* A half of the columns of W, and of the rows of A. */
static bool run_forward_half(const program_op *op, const op_context *context, op_tile tile)
{
    const operand *to = tile.row == 0 ? &op->out : &op->more;
    matrix w = op_view(context, &op->weight, 0, to->rows, tile.row, tile.rows);
    matrix a = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    matrix z = op_view(context, to, 0, to->rows, tile.first, tile.count);
    return gemm_multiply(context->gemm, w, a, 0.0f, z);
}

static op_cost forward_half_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    return product_cost(op->out.rows, tile.count, tile.rows);
}

const op_kind op_forward_half = {.name = "forward",
                                 .part = NNFS_PART_FORWARD,
                                 .run = run_forward_half,
                                 .cost = forward_half_cost,
                                 .elementwise = true};

static bool run_add_half(const program_op *op, const op_context *context, op_tile tile)
{
    matrix z = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    matrix other = op_view(context, &op->more, 0, op->out.rows, tile.first, tile.count);
    add_row_sums(other.data, (size_t)z.rows * (size_t)z.columns, 1, z.data);
    return true;
}

const op_kind op_add_half = {
    .name = "add half", .part = NNFS_PART_ELEMENTWISE, .run = run_add_half, .elementwise = true};

/* ---- Backward: D_prev = W^T D, not yet times f' ---- */

static bool run_backward(const program_op *op, const op_context *context, op_tile tile)
{
    matrix w = op_view(context, &op->weight, 0, op->in.rows, tile.row, tile.rows);
    matrix d = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix result = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    return gemm_multiply(context->gemm, matrix_transpose(w), d, 0.0f, result);
}

static op_cost backward_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    return product_cost(tile.rows, op_columns(&op->in, tile.count), op->in.rows);
}

const op_kind op_backward = {
    .name = "backward", .part = NNFS_PART_BACKWARD, .run = run_backward, .cost = backward_cost};

/* ---- Gradient: dW = D A^T ---- */

/* Some columns of dW from some samples. `opens`: what dW holds is of an earlier step. */
static bool add_gradient(const program_op *op, const op_context *context, matrix dw, int column,
                         int first, int count, bool opens)
{
    matrix d = op_view(context, &op->in, 0, op->in.rows, first, count);
    matrix a = op_view(context, &op->kept, column, dw.columns, first, count);
    return gemm_multiply(context->gemm, d, matrix_transpose(a), opens ? 0.0f : 1.0f, dw);
}

/* A block of columns of dW, from all samples of the chunk. */
static bool run_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    matrix dw = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    return add_gradient(op, context, dw, tile.first, 0, context->chunk->count,
                        context->chunk->opens);
}

static op_cost gradient_cost(const program_op *op, op_tile tile, int samples)
{
    return product_cost(op->out.rows, tile.count, op_columns(&op->in, samples));
}

const op_kind op_gradient = {
    .name = "gradient", .part = NNFS_PART_GRADIENT, .run = run_gradient, .cost = gradient_cost};

/* dW of a tile of samples, in the gradient that belongs to the tile. */
static bool run_partial_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    matrix dw = op_view(context, &op->out, 0, op->out.rows, 0, op->out.columns);
    dw.data = matrix_at(dw, 0, 0) + context->gradient_floats * (size_t)tile.index;
    return add_gradient(op, context, dw, 0, tile.first, tile.count, context->chunk->opens);
}

static op_cost partial_gradient_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    return product_cost(op->out.rows, op->out.columns, tile.count);
}

const op_kind op_partial_gradient = {.name = "gradient",
                                     .part = NNFS_PART_GRADIENT,
                                     .run = run_partial_gradient,
                                     .cost = partial_gradient_cost};

/* ---- db = row sums of D ---- */

static void add_bias_gradient(const program_op *op, const op_context *context, float *db, int first,
                              int count)
{
    matrix d = op_view(context, &op->in, 0, op->in.rows, first, count);
    if (context->chunk->opens) {
        memset(db, 0, (size_t)d.rows * sizeof *db);
    }
    add_row_sums(d.data, (size_t)d.rows, (size_t)d.columns, db);
}

static bool run_bias_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    (void)tile;
    add_bias_gradient(op, context, op_vector(context, &op->out), 0, context->chunk->count);
    return true;
}

const op_kind op_bias_gradient = {
    .name = "bias gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_bias_gradient};

static bool run_partial_bias_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    float *db = op_vector(context, &op->out) + context->gradient_floats * (size_t)tile.index;
    add_bias_gradient(op, context, db, tile.first, tile.count);
    return true;
}

const op_kind op_partial_bias_gradient = {
    .name = "bias gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_partial_bias_gradient};
