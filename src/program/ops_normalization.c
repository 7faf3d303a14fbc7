/*
 * Batch and layer normalisation. Both leave the normalised values in `kept` for the backward pass
 * and multiply them by the layer's scale; its bias is added by the activation, as in any layer.
 *
 * Sums of batch normalisation are doubles, added within a tile sample by sample, then in the
 * order of the tiles, then over the shards. At op->sums lie, for U units: what finish made of
 * them [2 U], the running totals of a step [2 U + 1], and behind BATCH_SUMS(U) the sums of each
 * tile [2 U x tiles].
 */
#include "base/minmax.h"
#include "base/vector.h"
#include "network/normalization.h"
#include "program/op.h"

#include <math.h>
#include <string.h>

/* ---- Sums over the samples of a batch ---- */

static double *tile_sums(const program_op *op, const op_context *context, int first)
{
    size_t units = (size_t)op->in.rows;
    size_t tile = (size_t)(first / op->grid.tile_columns);
    return context->state->sums + op->sums + BATCH_SUMS(units) + 2 * units * tile;
}

VECTOR_CLONES
static void add_products(const float *restrict x, const float *restrict y, int count,
                         double *restrict sums, double *restrict products)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        sums[i] += (double)x[i];
        products[i] += (double)x[i] * (double)y[i];
    }
}

/* Sums of x and of x y over the samples of a tile. */
static bool sum_tile(const program_op *op, const op_context *context, op_tile tile,
                     const operand *by)
{
    matrix x = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    matrix y = op_view(context, by, tile.row, tile.rows, tile.first, tile.count);
    double *sums = tile_sums(op, context, tile.first) + tile.row;
    double *products = sums + op->in.rows;
    memset(sums, 0, (size_t)tile.rows * sizeof *sums);
    memset(products, 0, (size_t)tile.rows * sizeof *products);
    for (int j = 0; j < tile.count; j++) {
        add_products(matrix_at(x, 0, j), matrix_at(y, 0, j), tile.rows, sums, products);
    }
    return true;
}

/* Adds the tiles' sums up, into the first 2 U doubles of the op. */
static void sum_tiles(const program_op *op, const op_context *context)
{
    int values = 2 * op->in.rows;
    double *total = context->state->sums + op->sums;
    memset(total, 0, (size_t)values * sizeof *total);
    for (int first = 0; first < context->chunk->count; first += op->grid.tile_columns) {
        const double *sums = tile_sums(op, context, first);
        for (int i = 0; i < values; i++) {
            total[i] += sums[i];
        }
    }
}

/* ---- Batch normalisation, forward ---- */

static bool run_batch_statistics(const program_op *op, const op_context *context, op_tile tile)
{
    return sum_tile(op, context, tile, &op->in);
}

/* Mean and 1 / deviation of each unit; what they add to the step's running totals. */
static bool finish_batch_statistics(const program_op *op, const op_context *context)
{
    int units = op->in.rows;
    double n = context->chunk->all;
    double *mean = context->state->sums + op->sums;
    double *inverse = mean + units;
    double *totals = inverse + units; /* of means, of variances, and of samples */
    if (context->chunk->opens) {
        memset(totals, 0, (size_t)(2 * units + 1) * sizeof *totals);
    }
    for (int i = 0; i < units; i++) {
        mean[i] /= n;
        double variance = inverse[i] / n - mean[i] * mean[i];
        variance = MAX(0.0, variance); /* but NaN stays */
        inverse[i] = 1.0 / sqrt(variance + NORMALIZATION_EPSILON);
        totals[i] += n * mean[i];
        totals[units + i] += n * (n > 1.0 ? variance * n / (n - 1.0) : variance);
    }
    totals[(ptrdiff_t)2 * units] += n;
    return true;
}

const op_kind op_batch_statistics = {.name = "batch statistics",
                                     .part = NNFS_PART_ELEMENTWISE,
                                     .run = run_batch_statistics,
                                     .sum = sum_tiles,
                                     .finish = finish_batch_statistics,
                                     .elementwise = true};

VECTOR_CLONES
static void normalize_column(const float *z, const double *restrict mean,
                             const double *restrict inverse, const float *restrict scale, int count,
                             float *restrict normalized, float *y)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        float x = (float)(((double)z[i] - mean[i]) * inverse[i]);
        normalized[i] = x;
        y[i] = scale[i] * x;
    }
}

static bool run_batch_normalize(const program_op *op, const op_context *context, op_tile tile)
{
    matrix z = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    matrix kept = op_view(context, &op->kept, tile.row, tile.rows, tile.first, tile.count);
    matrix y = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    const double *mean = context->state->sums + op->sums + tile.row;
    const float *scale = op_vector(context, &op->weight) + tile.row;
    for (int j = 0; j < tile.count; j++) {
        normalize_column(matrix_at(z, 0, j), mean, mean + op->in.rows, scale, tile.rows,
                         matrix_at(kept, 0, j), matrix_at(y, 0, j));
    }
    return true;
}

const op_kind op_batch_normalize = {.name = "batch normalize",
                                    .part = NNFS_PART_ELEMENTWISE,
                                    .run = run_batch_normalize,
                                    .elementwise = true,
                                    .after_finish = true};

/*
 * running += momentum (step - running), once for the statistics of a forward pass: an update by
 * hand comes after it. A single sample has no variance, and leaves them as they are.
 */
static bool run_running_statistics(const program_op *op, const op_context *context, op_tile tile)
{
    (void)tile;
    int units = op->in.rows;
    double *totals = context->state->sums + op->sums + (ptrdiff_t)2 * units;
    double n = totals[(ptrdiff_t)2 * units];
    totals[(ptrdiff_t)2 * units] = 0.0;
    if (n <= 1.0) {
        return true;
    }
    float *mean = op_vector(context, &op->in);
    float *variance = op_vector(context, &op->out);
    for (int i = 0; i < units; i++) {
        double m = (double)mean[i];
        double v = (double)variance[i];
        mean[i] = (float)(m + NORMALIZATION_MOMENTUM * (totals[i] / n - m));
        variance[i] = (float)(v + NORMALIZATION_MOMENTUM * (totals[units + i] / n - v));
    }
    return true;
}

const op_kind op_running_statistics = {.name = "running statistics",
                                       .part = NNFS_PART_ELEMENTWISE,
                                       .run = run_running_statistics,
                                       .last_chunk = true,
                                       .once = true};

/* ---- Batch normalisation, backward ---- */

static bool run_batch_backward_sums(const program_op *op, const op_context *context, op_tile tile)
{
    return sum_tile(op, context, tile, &op->kept);
}

const op_kind op_batch_backward_sums = {.name = "batch backward sums",
                                        .part = NNFS_PART_ELEMENTWISE,
                                        .run = run_batch_backward_sums,
                                        .sum = sum_tiles,
                                        .elementwise = true};

/* With d = dL/d(scale x + bias): dz = scale / deviation (d - mean d - x mean(d x)). */
VECTOR_CLONES
static void batch_backward_column(const float *restrict d, const float *restrict x,
                                  const double *restrict sums, const double *restrict products,
                                  const double *restrict inverse, const float *restrict scale,
                                  double share, int count, float *restrict dz)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        double rest = (double)d[i] - share * sums[i] - share * products[i] * (double)x[i];
        dz[i] = (float)((double)scale[i] * inverse[i] * rest);
    }
}

/* op->sums are those of the statistics, more_sums those of the backward pass. */
static bool run_batch_backward(const program_op *op, const op_context *context, op_tile tile)
{
    matrix d = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    matrix x = op_view(context, &op->kept, tile.row, tile.rows, tile.first, tile.count);
    matrix dz = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    const double *inverse = context->state->sums + op->sums + op->in.rows + tile.row;
    const double *sums = context->state->sums + op->more_sums + tile.row;
    const float *scale = op_vector(context, &op->weight) + tile.row;
    double share = 1.0 / context->chunk->all;
    for (int j = 0; j < tile.count; j++) {
        batch_backward_column(matrix_at(d, 0, j), matrix_at(x, 0, j), sums, sums + op->in.rows,
                              inverse, scale, share, tile.rows, matrix_at(dz, 0, j));
    }
    return true;
}

const op_kind op_batch_backward = {.name = "batch backward",
                                   .part = NNFS_PART_ELEMENTWISE,
                                   .run = run_batch_backward,
                                   .elementwise = true,
                                   .after_finish = true};

/* ---- Layer normalisation ---- */

/* Sums that go on side by side, always as many: the same sum on every CPU. */
enum { LANES = 16 };

VECTOR_CLONES
static double dot(const float *restrict x, const float *restrict y, int count)
{
    double lanes[LANES] = {0.0};
    int whole = count - count % LANES;
    for (int at = 0; at < whole; at += LANES) {
#pragma omp simd
        for (int i = 0; i < LANES; i++) {
            lanes[i] += (double)x[at + i] * (double)y[at + i];
        }
    }
    for (int i = whole; i < count; i++) {
        lanes[i - whole] += (double)x[i] * (double)y[i];
    }
    double sum = 0.0;
    for (int i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}

static double mean_of(const float *x, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++) {
        sum += (double)x[i];
    }
    return sum / count;
}

VECTOR_CLONES
static void layer_normalize_column(const float *z, double mean, double inverse,
                                   const float *restrict scale, int count,
                                   float *restrict normalized, float *y)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        float x = (float)(((double)z[i] - mean) * inverse);
        normalized[i] = x;
        y[i] = scale[i] * x;
    }
}

/* 1 / deviation of each sample goes to op->sums. */
static bool run_layer_normalize(const program_op *op, const op_context *context, op_tile tile)
{
    int units = op->in.rows;
    matrix z = op_view(context, &op->in, 0, units, tile.first, tile.count);
    matrix kept = op_view(context, &op->kept, 0, units, tile.first, tile.count);
    matrix y = op_view(context, &op->out, 0, units, tile.first, tile.count);
    double *inverse = context->state->sums + op->sums + tile.first;
    for (int j = 0; j < tile.count; j++) {
        const float *column = matrix_at(z, 0, j);
        double mean = mean_of(column, units);
        double variance = dot(column, column, units) / units - mean * mean;
        variance = MAX(0.0, variance);
        inverse[j] = 1.0 / sqrt(variance + NORMALIZATION_EPSILON);
        layer_normalize_column(column, mean, inverse[j], op_vector(context, &op->weight), units,
                               matrix_at(kept, 0, j), matrix_at(y, 0, j));
    }
    return true;
}

const op_kind op_layer_normalize = {
    .name = "layer normalize", .part = NNFS_PART_ELEMENTWISE, .run = run_layer_normalize};

VECTOR_CLONES
static void scaled_delta(const float *restrict d, const float *restrict scale, int count,
                         float *restrict g)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        g[i] = d[i] * scale[i];
    }
}

VECTOR_CLONES
static void layer_backward_column(float *restrict g, const float *restrict x, double mean,
                                  double product, double inverse, int count)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        g[i] = (float)(inverse * ((double)g[i] - mean - product * (double)x[i]));
    }
}

/* With g = scale d: dz = (g - mean g - x mean(g x)) / deviation, means over the units. */
static bool run_layer_backward(const program_op *op, const op_context *context, op_tile tile)
{
    int units = op->in.rows;
    matrix d = op_view(context, &op->in, 0, units, tile.first, tile.count);
    matrix x = op_view(context, &op->kept, 0, units, tile.first, tile.count);
    matrix dz = op_view(context, &op->out, 0, units, tile.first, tile.count);
    const double *inverse = context->state->sums + op->sums + tile.first;
    for (int j = 0; j < tile.count; j++) {
        float *g = matrix_at(dz, 0, j);
        const float *normalized = matrix_at(x, 0, j);
        scaled_delta(matrix_at(d, 0, j), op_vector(context, &op->weight), units, g);
        layer_backward_column(g, normalized, mean_of(g, units), dot(g, normalized, units) / units,
                              inverse[j], units);
    }
    return true;
}

const op_kind op_layer_backward = {
    .name = "layer backward", .part = NNFS_PART_ELEMENTWISE, .run = run_layer_backward};

/* ---- The gradient of the scale: row sums of D x ---- */

VECTOR_CLONES
static void add_scale_column(const float *restrict d, const float *restrict x, int count,
                             float *restrict sums)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        sums[i] += d[i] * x[i];
    }
}

static void add_scale_gradient(const program_op *op, const op_context *context, float *gradient,
                               int first, int count)
{
    int units = op->in.rows;
    matrix d = op_view(context, &op->in, 0, units, first, count);
    matrix x = op_view(context, &op->kept, 0, units, first, count);
    if (context->chunk->opens) {
        memset(gradient, 0, (size_t)units * sizeof *gradient);
    }
    for (int j = 0; j < count; j++) {
        add_scale_column(matrix_at(d, 0, j), matrix_at(x, 0, j), units, gradient);
    }
}

static bool run_scale_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    (void)tile;
    add_scale_gradient(op, context, op_vector(context, &op->out), 0, context->chunk->count);
    return true;
}

const op_kind op_scale_gradient = {
    .name = "scale gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_scale_gradient};

static bool run_partial_scale_gradient(const program_op *op, const op_context *context,
                                       op_tile tile)
{
    float *gradient = op_vector(context, &op->out) + context->gradient_floats * (size_t)tile.index;
    add_scale_gradient(op, context, gradient, tile.first, tile.count);
    return true;
}

const op_kind op_partial_scale_gradient = {
    .name = "scale gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_partial_scale_gradient};
