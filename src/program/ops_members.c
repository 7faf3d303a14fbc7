/*
 * Members: networks that share the weights of the hidden layers. A sample has a column for each
 * member, side by side, from the inputs to the last hidden layer; each member has an output layer
 * of its own, whose outputs lie below each other in the sample's one column.
 */
#include "base/minmax.h"
#include "base/vector.h"
#include "math/sums.h"
#include "program/op.h"

#include <math.h>
#include <string.h>

VECTOR_CLONES
static void multiply_into(const float *restrict x, const float *restrict factors, int count,
                          float *restrict y)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        y[i] = x[i] * factors[i];
    }
}

VECTOR_CLONES
static void add_product(const float *restrict x, const float *restrict factors, int count,
                        float *restrict sums)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        sums[i] += x[i] * factors[i];
    }
}

/* ---- The inputs of each member: x times its factors ---- */

static bool run_expand(const program_op *op, const op_context *context, op_tile tile)
{
    int rows = op->in.rows;
    matrix x = op_view(context, &op->in, 0, rows, tile.first, tile.count);
    matrix y = op_view(context, &op->out, 0, rows, tile.first, tile.count);
    const float *factors = op_vector(context, &op->weight);
    for (int j = 0; j < y.columns; j++) {
        multiply_into(matrix_at(x, 0, j / op->members),
                      factors + (size_t)(j % op->members) * (size_t)rows, rows, matrix_at(y, 0, j));
    }
    return true;
}

const op_kind op_expand = {.name = "expand", .part = NNFS_PART_ELEMENTWISE, .run = run_expand};

static bool run_expand_backward(const program_op *op, const op_context *context, op_tile tile)
{
    int rows = op->in.rows;
    matrix dy = op_view(context, &op->in, 0, rows, tile.first, tile.count);
    matrix dx = op_view(context, &op->out, 0, rows, tile.first, tile.count);
    const float *factors = op_vector(context, &op->weight);
    for (int j = 0; j < dx.columns; j++) {
        memset(matrix_at(dx, 0, j), 0, (size_t)rows * sizeof(float));
        for (int m = 0; m < op->members; m++) {
            add_product(matrix_at(dy, 0, j * op->members + m), factors + (size_t)m * (size_t)rows,
                        rows, matrix_at(dx, 0, j));
        }
    }
    return true;
}

const op_kind op_expand_backward = {
    .name = "expand backward", .part = NNFS_PART_ELEMENTWISE, .run = run_expand_backward};

/* The gradient of the factors of some members: row sums of dy x. */
static bool run_member_scale_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    int rows = op->in.rows;
    int count = context->chunk->count;
    matrix dy = op_view(context, &op->in, 0, rows, 0, count);
    matrix x = op_view(context, &op->kept, 0, rows, 0, count);
    for (int m = tile.first; m < tile.first + tile.count; m++) {
        float *gradient = op_vector(context, &op->out) + (size_t)m * (size_t)rows;
        if (context->chunk->opens) {
            memset(gradient, 0, (size_t)rows * sizeof *gradient);
        }
        for (int j = 0; j < count; j++) {
            add_product(matrix_at(dy, 0, j * op->members + m), matrix_at(x, 0, j), rows, gradient);
        }
    }
    return true;
}

const op_kind op_member_scale_gradient = {.name = "member scale gradient",
                                          .part = NNFS_PART_ELEMENTWISE,
                                          .run = run_member_scale_gradient};

/* ---- The output layer of each member ---- */

/* The columns that one member has in [rows x (samples members)]. */
static matrix columns_of_member(matrix all, int member, int members)
{
    return (matrix){matrix_at(all, 0, member), all.type,       all.rows,
                    all.columns / members,     all.row_stride, all.column_stride * members};
}

/* Its rows in [(rows members) x samples]. */
static matrix rows_of_member(matrix all, int member, int members)
{
    int rows = all.rows / members;
    return matrix_block(all, member * rows, rows, 0, all.columns);
}

/* Its W, from those that lie side by side. */
static matrix head_of_member(const op_context *context, const operand *weight, int member,
                             int members)
{
    int columns = weight->columns / members;
    return op_view(context, weight, 0, weight->rows, member * columns, columns);
}

static bool run_heads(const program_op *op, const op_context *context, op_tile tile)
{
    matrix a = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix z = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    bool ok = true;
    for (int m = 0; m < op->members; m++) {
        ok = gemm_multiply(context->gemm, head_of_member(context, &op->weight, m, op->members),
                           columns_of_member(a, m, op->members), 0.0f,
                           rows_of_member(z, m, op->members)) &&
             ok;
    }
    return ok;
}

/* Multiply-adds of each of the three products on some samples. */
static op_cost heads_cost(const operand *z, const operand *a, int64_t samples)
{
    int64_t outputs = z->rows;
    return (op_cost){outputs * samples * a->rows,
                     outputs * a->rows + outputs * samples + a->rows * op_columns(a, (int)samples)};
}

static op_cost forward_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    return heads_cost(&op->out, &op->in, tile.count);
}

const op_kind op_heads = {
    .name = "heads", .part = NNFS_PART_FORWARD, .run = run_heads, .cost = forward_cost};

static bool run_heads_backward(const program_op *op, const op_context *context, op_tile tile)
{
    matrix d = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix result = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    bool ok = true;
    for (int m = 0; m < op->members; m++) {
        matrix w = head_of_member(context, &op->weight, m, op->members);
        ok = gemm_multiply(context->gemm, matrix_transpose(w), rows_of_member(d, m, op->members),
                           0.0f, columns_of_member(result, m, op->members)) &&
             ok;
    }
    return ok;
}

static op_cost backward_cost(const program_op *op, op_tile tile, int samples)
{
    (void)samples;
    return heads_cost(&op->in, &op->out, tile.count);
}

const op_kind op_heads_backward = {.name = "heads backward",
                                   .part = NNFS_PART_BACKWARD,
                                   .run = run_heads_backward,
                                   .cost = backward_cost};

/* A tile is the W of one member. */
static bool run_heads_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    int count = context->chunk->count;
    int member = tile.first / tile.count;
    matrix d = op_view(context, &op->in, 0, op->in.rows, 0, count);
    matrix a = op_view(context, &op->kept, 0, op->kept.rows, 0, count);
    matrix dw = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    return gemm_multiply(context->gemm, rows_of_member(d, member, op->members),
                         matrix_transpose(columns_of_member(a, member, op->members)),
                         context->chunk->opens ? 0.0f : 1.0f, dw);
}

static op_cost gradient_cost(const program_op *op, op_tile tile, int samples)
{
    int64_t outputs = op->out.rows;
    return (op_cost){outputs * samples * tile.count,
                     outputs * (tile.count + samples) + (int64_t)samples * tile.count};
}

const op_kind op_heads_gradient = {.name = "heads gradient",
                                   .part = NNFS_PART_GRADIENT,
                                   .run = run_heads_gradient,
                                   .cost = gradient_cost};

/* ---- One output of all members and networks: their mean ---- */

/* Probabilities or rates nearer to 0, or probabilities nearer to 1, than this have no
 * logit in float32. */
static const double least_probability = 1e-30;
static const double least_doubt = 1e-9;

/* What the output activation takes to give p. */
static float logit_of(nnfs_activation output, double p)
{
    if (output == NNFS_SOFTMAX || output == NNFS_EXPONENTIAL) {
        return (float)log(MAX(p, least_probability));
    }
    p = MAX(least_doubt, p);
    p = p > 1.0 - least_doubt ? 1.0 - least_doubt : p;
    return (float)log(p / (1.0 - p));
}

/*
 * From the members' logits to logits whose outputs are the mean of theirs. The networks of an
 * ensemble come one after the other; until the last has come, what they have of the mean lies in
 * place of the logits.
 */
static bool run_merge(const program_op *op, const op_context *context, op_tile tile)
{
    int members = op->members;
    int rows = op->out.rows;
    int networks = nnfs_network_networks(context->network);
    bool more = context->of_ensemble + 1 < networks;
    nnfs_activation last = network_output(context->network)->activation;
    matrix all = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix one = op_view(context, &op->out, 0, rows, tile.first, tile.count);
    float *z = matrix_at(all, 0, 0);
    memset(context->scratch, 0, (size_t)rows * sizeof(float));
    op->activation->forward(context->scratch, rows, tile.count * members, rows, z, z);
    for (int j = 0; j < tile.count; j++) {
        const float *outputs = matrix_at(all, 0, j);
        float *to = matrix_at(one, 0, j);
        for (int i = 0; i < rows; i++) {
            double sum = 0.0;
            for (int m = 0; m < members; m++) {
                sum += (double)outputs[m * rows + i];
            }
            double mean = sum / (members * networks);
            if (context->of_ensemble > 0) {
                mean += (double)to[i];
            }
            to[i] = more || last == NNFS_IDENTITY ? (float)mean : logit_of(last, mean);
        }
    }
    return true;
}

const op_kind op_merge = {.name = "merge", .part = NNFS_PART_ELEMENTWISE, .run = run_merge};
