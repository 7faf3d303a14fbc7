/*
 * The three products of a layer in bfloat16 with float32 sums, and the packing of their
 * operands where they are produced: see math/gemm_bf16.h. Master weights, gradients and all
 * else stay float32.
 */
#include "math/gemm_packed.h"
#include "program/op.h"

static gemm_word *panels_of(const op_context *context, const operand *of)
{
    return (gemm_word *)(void *)op_vector(context, of);
}

/* ---- Packing ---- */

/* The depth k of a packed operand: its rows, or its columns, which are samples or those of W. */
static int depth_of(const program_op *op, const op_context *context)
{
    if (op->pack.axis == GEMM_PANEL_COLUMNS) {
        return op->in.rows;
    }
    return op->in.columns > 0 ? op->in.columns : context->chunk->count;
}

static bool run_pack(const program_op *op, const op_context *context, op_tile tile)
{
    gemm_packing packing = {GEMM_BF16, op->pack.axis, op->pack.width, depth_of(op, context)};
    matrix x = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    gemm_pack(&packing, x.data, (int)x.column_stride, tile.row, tile.first, tile.rows, tile.count,
              panels_of(context, &op->out));
    return true;
}

const op_kind op_pack = {
    .name = "pack", .part = NNFS_PART_ELEMENTWISE, .run = run_pack, .elementwise = true};
/* Weights are packed when a run begins, and again after each update. */
const op_kind op_pack_first = {.name = "pack weights",
                               .part = NNFS_PART_ELEMENTWISE,
                               .run = run_pack,
                               .first_chunk = true,
                               .once = true};
const op_kind op_repack = {.name = "pack weights",
                           .part = NNFS_PART_OPTIMIZER,
                           .run = run_pack,
                           .last_chunk = true,
                           .once = true};

/* ---- Forward and backward: rows of packed W or W^T, times packed columns ---- */

static bool run_product(const program_op *op, const op_context *context, op_tile tile)
{
    int k = op->in.rows;
    matrix c = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    const gemm_packed product = {
        .dtype = GEMM_BF16,
        .m = tile.rows,
        .n = tile.count,
        .k = k,
        .a = panels_of(context, &op->weight) + gemm_panel_at(GEMM_BF16, tile.row, k),
        .b = gemm_b_packed(
            GEMM_BF16, panels_of(context, &op->in) + gemm_panel_at(GEMM_BF16, tile.first, k), k),
        .c = c.data,
        .c_row = c.row_stride,
        .c_column = c.column_stride,
    };
    gemm_packed_run(&product);
    return true;
}

static op_cost product_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    int64_t m = tile.rows;
    int64_t n = tile.count;
    int64_t k = op->in.rows;
    return (op_cost){m * n * k, (m * k + k * n) / 2 + m * n};
}

const op_kind op_forward_bf16 = {
    .name = "forward bf16", .part = NNFS_PART_FORWARD, .run = run_product, .cost = product_cost};
const op_kind op_backward_bf16 = {
    .name = "backward bf16", .part = NNFS_PART_BACKWARD, .run = run_product, .cost = product_cost};

/* ---- Gradient: packed rows of D, times packed columns of A^T ---- */

static bool run_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    int k = context->chunk->count;
    matrix c = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    const gemm_packed product = {
        .dtype = GEMM_BF16,
        .m = op->out.rows,
        .n = tile.count,
        .k = k,
        .a = panels_of(context, &op->in),
        .b = gemm_b_packed(
            GEMM_BF16, panels_of(context, &op->kept) + gemm_panel_at(GEMM_BF16, tile.first, k), k),
        .c = c.data,
        .c_row = c.row_stride,
        .c_column = c.column_stride,
        .add = !context->chunk->opens,
    };
    gemm_packed_run(&product);
    return true;
}

static op_cost gradient_cost(const program_op *op, op_tile tile, int samples)
{
    int64_t m = op->out.rows;
    int64_t n = tile.count;
    int64_t k = samples;
    return (op_cost){m * n * k, (m * k + k * n) / 2 + m * n};
}

const op_kind op_gradient_bf16 = {.name = "gradient bf16",
                                  .part = NNFS_PART_GRADIENT,
                                  .run = run_gradient,
                                  .cost = gradient_cost};
