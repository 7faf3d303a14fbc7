/* The losses' kernels and their table. */
#include "math/loss.h"

#include "base/minmax.h"
#include "math/functions.h"

#include <stddef.h>

/* ---- Targets ---- */

/* Row i of the target of a label. */
static float label_target(int32_t label, int i, int rows)
{
    if (rows == 1) {
        return (float)label;
    }
    return label == i ? 1.0f : 0.0f;
}

/*
 * Column j of the targets as numbers, in the tile's scratch column unless they lie somewhere as
 * they are: a class index is written out, with one row as it is, and y smoothed is (1 - e) y +
 * e / choices.
 */
static const float *target_column(const loss_tile *tile, int j, int choices)
{
    float e = tile->label_smoothing;
    const float *y = NULL;
    if (!tile->labels) {
        y = tile->targets + (size_t)j * (size_t)tile->rows;
    }
    if (y && e == 0.0f) {
        return y;
    }
    for (int i = 0; i < tile->rows; i++) {
        float target = y ? y[i] : label_target(tile->labels[j], i, tile->rows);
        if (tile->partners) {
            float share = tile->shares[j];
            target =
                share * target + (1.0f - share) * label_target(tile->partners[j], i, tile->rows);
        }
        tile->scratch[i] = (1.0f - e) * target + e / (float)choices;
    }
    return tile->scratch;
}

/* ---- Weights ---- */

static float column_weight(const loss_tile *tile, int j)
{
    if (tile->weights) {
        return tile->weights[j];
    }
    return 1.0f;
}

/* ---- Cross-entropy, fused with softmax ---- */

/*
 * With m = max z and S = sum exp(z_i - m): p = exp(z - m) / S and -log p_i = log S + m - z_i. Of
 * targets y the loss is sum_i y_i (log S + m - z_i) and delta = p sum y - y. A class y whose target
 * keeps 1 - e and gives e to all K classes alike (Szegedy et al. 2016) has the delta p - e / K - (1
 * - e) onehot(y).
 */

/* Columns whose exponentials are computed together: single ones are too short for
 * a vectorised loop. */
enum { BLOCK_COLUMNS = 16 };

/* What is left of a column's logits when they have become exponentials. */
typedef struct column_logits {
    float largest; /* m */
    double dot;    /* y z */
    float total;   /* sum y */
} column_logits;

/* y z of a class. */
static double class_dot(const float *z, int32_t y, int rows, float e)
{
    if (e == 0.0f) {
        return (double)z[y];
    }
    double sum = 0.0;
    for (int i = 0; i < rows; i++) {
        sum += (double)z[i];
    }
    return (1.0 - (double)e) * (double)z[y] + (double)e * sum / rows;
}

/* Whether the targets of a tile are class indices, and not distributions. */
static bool has_classes(const loss_tile *tile)
{
    return tile->labels && !tile->partners;
}

static column_logits logits_of(const loss_tile *tile, int j, const float *z)
{
    column_logits column = {.largest = -INFINITY, .total = 0.0f};
    for (int i = 0; i < tile->rows; i++) {
        column.largest = MAX(z[i], column.largest);
    }
    if (has_classes(tile)) {
        column.dot = class_dot(z, tile->labels[j], tile->rows, tile->label_smoothing);
        column.total = 1.0f;
        return column;
    }
    const float *y = target_column(tile, j, tile->rows);
    for (int i = 0; i < tile->rows; i++) {
        column.dot += (double)y[i] * (double)z[i];
        column.total += y[i];
    }
    return column;
}

/* exp(x - m) of columns side by side. */
VECTOR_CLONES
static void exp_columns(const float *z, const column_logits *columns, int rows, int count,
                        float *exponentials)
{
    size_t all = (size_t)rows * (size_t)count;
    for (int j = 0; j < count; j++) {
        size_t at = (size_t)j * (size_t)rows;
        for (int i = 0; i < rows; i++) {
            exponentials[at + (size_t)i] = z[at + (size_t)i] - columns[j].largest;
        }
    }
#pragma omp simd
    for (size_t i = 0; i < all; i++) {
        exponentials[i] = exp_of(exponentials[i]);
    }
}

/* Divides a column by its sum, which it returns. */
VECTOR_CLONES
static float scale_exponentials(float *p, int rows)
{
    float sum = 0.0f;
    for (int i = 0; i < rows; i++) {
        sum += p[i];
    }
    float scale = 1.0f / sum;
#pragma omp simd
    for (int i = 0; i < rows; i++) {
        p[i] = p[i] * scale;
    }
    return sum;
}

VECTOR_CLONES
static void class_delta(const float *p, int32_t y, int rows, float e, float scale, float *d)
{
    float share = e / (float)rows;
#pragma omp simd
    for (int i = 0; i < rows; i++) {
        d[i] = (p[i] - share) * scale;
    }
    d[y] -= (1.0f - e) * scale;
}

VECTOR_CLONES
static void distribution_delta(const float *p, const float *y, int rows, float total, float scale,
                               float *d)
{
#pragma omp simd
    for (int i = 0; i < rows; i++) {
        d[i] = (p[i] * total - y[i]) * scale;
    }
}

/* The delta of column j, from its outputs. */
static void column_delta(const loss_tile *tile, int j, const float *p, float total)
{
    float *d = tile->delta + (size_t)j * (size_t)tile->rows;
    float scale = tile->scale * column_weight(tile, j);
    if (has_classes(tile)) {
        class_delta(p, tile->labels[j], tile->rows, tile->label_smoothing, scale, d);
    } else {
        distribution_delta(p, target_column(tile, j, tile->rows), tile->rows, total, scale, d);
    }
}

/* `sum` and the losses of columns from `first` on. */
static double add_columns_losses(const loss_tile *tile, int first, int count, double sum)
{
    column_logits columns[BLOCK_COLUMNS];
    size_t rows = (size_t)tile->rows;
    const float *z = tile->z + (size_t)first * rows;
    float *outputs = tile->outputs + (size_t)first * rows;
    for (int j = 0; j < count; j++) {
        columns[j] = logits_of(tile, first + j, z + (size_t)j * rows);
    }
    exp_columns(z, columns, tile->rows, count, outputs);
    for (int j = 0; j < count; j++) {
        float *p = outputs + (size_t)j * rows;
        /* cppcheck-suppress invalidFunctionArg ; one of the powers is 1, so the sum is not 0 */
        double log_sum =
            (double)logf(scale_exponentials(p, tile->rows)) + (double)columns[j].largest;
        double loss = (double)columns[j].total * log_sum - columns[j].dot;
        sum += (double)column_weight(tile, first + j) * loss;
        if (tile->delta) {
            column_delta(tile, first + j, p, columns[j].total);
        }
    }
    return sum;
}

static double cross_entropy(const loss_tile *tile, const activation *output)
{
    (void)output;
    double sum = 0.0;
    for (int first = 0; first < tile->columns; first += BLOCK_COLUMNS) {
        int left = tile->columns - first;
        sum = add_columns_losses(tile, first, MIN(left, BLOCK_COLUMNS), sum);
    }
    return sum;
}

/* ---- Losses of single elements ---- */

/* One element's loss and slope. */
typedef struct loss_term {
    float loss;
    float slope;
} loss_term;

/* From the logit z: log(1 + exp z) - y z, slope sigmoid(z) - y. */
VECTOR_INLINE loss_term binary_cross_entropy_term(float z, float y, float q)
{
    (void)q;
    loss_term term = {log1p_exp_of(z) - y * z, sigmoid_of(z) - y};
    return term;
}

/* From the logit z = log p: exp z - y z, slope exp z - y (torch.nn.PoissonNLLLoss). */
VECTOR_INLINE loss_term poisson_term(float z, float y, float q)
{
    (void)q;
    float p = exp_of(z);
    loss_term term = {p - y * z, p - y};
    return term;
}

VECTOR_INLINE loss_term mse_term(float p, float y, float q)
{
    (void)q;
    float e = p - y;
    loss_term term = {e * e, 2.0f * e};
    return term;
}

VECTOR_INLINE loss_term mae_term(float p, float y, float q)
{
    (void)q;
    float e = p - y;
    float sign = e < 0.0f ? -1.0f : 1.0f;
    loss_term term = {fabsf(e), e < 0.0f || e > 0.0f ? sign : e}; /* 0 and NaN stay */
    return term;
}

VECTOR_INLINE loss_term huber_term(float p, float y, float q)
{
    (void)q;
    float e = p - y;
    float size = fabsf(e);
    loss_term term = {size < 1.0f ? 0.5f * e * e : size - 0.5f,
                      size < 1.0f ? e : copysignf(1.0f, e)};
    return term;
}

/* The pinball loss of the quantile q (Koenker and Bassett 1978); the slope is 0 where p == y. */
VECTOR_INLINE loss_term quantile_term(float p, float y, float q)
{
    float e = y - p;
    loss_term term = {MAX(q * e, (q - 1.0f) * e), (float)(e < 0.0f) - q * (float)(e != 0.0f)};
    return term;
}

/*
 * Independent partial sums hide the latency of the additions; their number is fixed, so
 * that the terms have the same sum on every CPU.
 */
enum { LANES = 16 };

static double sum_lanes(const double *lanes)
{
    double sum = 0.0;
    for (int i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}

/* Element I: its term goes to a lane, its slope times `scale` to d, where that is wanted. */
#define ADD_TERM(TERM, I, LANE)          \
    loss_term one = TERM(p[I], y[I], q); \
    lanes[LANE] += (double)one.loss;     \
    if (d) {                             \
        d[I] = one.slope * scale;        \
    }

#define TERMS(NAME, TERM)                                                                       \
    VECTOR_CLONES                                                                               \
    static double NAME(const float *restrict p, const float *restrict y, size_t count, float q, \
                       float scale, float *restrict d)                                          \
    {                                                                                           \
        double lanes[LANES] = {0.0};                                                            \
        size_t whole = count - count % LANES;                                                   \
        for (size_t at = 0; at < whole; at += LANES) {                                          \
            _Pragma("omp simd") for (size_t i = 0; i < LANES; i++)                              \
            {                                                                                   \
                ADD_TERM(TERM, at + i, i)                                                       \
            }                                                                                   \
        }                                                                                       \
        for (size_t i = whole; i < count; i++) {                                                \
            ADD_TERM(TERM, i, i - whole)                                                        \
        }                                                                                       \
        return sum_lanes(lanes);                                                                \
    }

/* The sum of `count` terms; q is the quantile's, d may be NULL. */
typedef double add_terms(const float *p, const float *y, size_t count, float q, float scale,
                         float *d);

TERMS(binary_cross_entropy_terms, binary_cross_entropy_term)
TERMS(poisson_terms, poisson_term)
TERMS(mse_terms, mse_term)
TERMS(mae_terms, mae_term)
TERMS(huber_terms, huber_term)
TERMS(quantile_terms, quantile_term)

/* All columns of the tile at once, if their targets are numbers and count alike; else
 * one by one. */
static double column_losses(const loss_tile *tile, const float *p, add_terms *terms)
{
    size_t rows = (size_t)tile->rows;
    if (!tile->labels && !tile->weights && tile->label_smoothing == 0.0f) {
        return terms(p, tile->targets, rows * (size_t)tile->columns, tile->quantile, tile->scale,
                     tile->delta);
    }
    double sum = 0.0;
    for (int j = 0; j < tile->columns; j++) {
        size_t at = (size_t)j * rows;
        float *d = NULL;
        if (tile->delta) {
            d = tile->delta + at;
        }
        float weight = column_weight(tile, j);
        sum += (double)weight * terms(p + at, target_column(tile, j, 2), rows, tile->quantile,
                                      tile->scale * weight, d);
    }
    return sum;
}

/* No bias to add any more: the tile holds z already. */
static void activate_tile(const loss_tile *tile, const activation *output)
{
    for (int i = 0; i < tile->rows; i++) {
        tile->scratch[i] = 0.0f;
    }
    output->forward(tile->scratch, tile->rows, tile->columns, tile->rows, tile->z, tile->outputs);
}

/* The terms' slopes are dL/dz already: only the outputs are left to compute. */
static double loss_of_logits(const loss_tile *tile, const activation *output, add_terms *terms)
{
    double sum = column_losses(tile, tile->z, terms);
    activate_tile(tile, output);
    return sum;
}

static double binary_cross_entropy_loss(const loss_tile *tile, const activation *output)
{
    return loss_of_logits(tile, output, binary_cross_entropy_terms);
}

static double poisson_loss(const loss_tile *tile, const activation *output)
{
    return loss_of_logits(tile, output, poisson_terms);
}

/* dL/dz = J^T dL/dp, where J is the Jacobian of the output activation. */
static double loss_of_outputs(const loss_tile *tile, const activation *output, add_terms *terms)
{
    activate_tile(tile, output);
    double sum = column_losses(tile, tile->outputs, terms);
    if (tile->delta) {
        output->backward(output->keeps_z ? tile->z : tile->outputs, tile->rows, tile->columns,
                         tile->rows, tile->delta);
    }
    return sum;
}

static double mse_loss(const loss_tile *tile, const activation *output)
{
    return loss_of_outputs(tile, output, mse_terms);
}

static double mae_loss(const loss_tile *tile, const activation *output)
{
    return loss_of_outputs(tile, output, mae_terms);
}

static double huber_loss(const loss_tile *tile, const activation *output)
{
    return loss_of_outputs(tile, output, huber_terms);
}

static double quantile_loss(const loss_tile *tile, const activation *output)
{
    return loss_of_outputs(tile, output, quantile_terms);
}

/* ---- The table ---- */

static const loss_function losses[] = {
    [NNFS_CROSS_ENTROPY] = {"cross_entropy", cross_entropy, .fused = true, .smooths = true,
                            .partner = NNFS_SOFTMAX},
    [NNFS_BINARY_CROSS_ENTROPY] = {"binary_cross_entropy", binary_cross_entropy_loss, .fused = true,
                                   .smooths = true, .partner = NNFS_SIGMOID,
                                   .mean_over_outputs = true},
    [NNFS_MSE] = {"mse", mse_loss, .mean_over_outputs = true},
    [NNFS_MAE] = {"mae", mae_loss, .mean_over_outputs = true},
    [NNFS_HUBER] = {"huber", huber_loss, .mean_over_outputs = true},
    [NNFS_POISSON] = {"poisson", poisson_loss, .fused = true, .partner = NNFS_EXPONENTIAL,
                      .mean_over_outputs = true},
    [NNFS_QUANTILE] = {"quantile", quantile_loss, .mean_over_outputs = true},
};

const loss_function *loss_of(nnfs_loss which)
{
    size_t index = (size_t)which;
    if (index < sizeof losses / sizeof *losses) {
        return &losses[index];
    }
    return NULL;
}

const char *nnfs_loss_name(nnfs_loss which)
{
    const loss_function *row = loss_of(which);
    if (!row) {
        return NULL;
    }
    return row->name;
}

/* ---- Accuracy ---- */

static int32_t chosen_class(const float *column, int rows)
{
    int32_t best = 0;
    if (rows == 1) {
        return column[0] > 0.5f;
    }
    for (int i = 1; i < rows; i++) {
        if (column[i] > column[best]) {
            best = i;
        }
    }
    return best;
}

void choose_classes(const float *outputs, int rows, int columns, int32_t *chosen)
{
    for (int j = 0; j < columns; j++) {
        chosen[j] = chosen_class(outputs + (size_t)j * (size_t)rows, rows);
    }
}

int64_t count_correct(const float *outputs, const int32_t *labels, int rows, int columns)
{
    int64_t correct = 0;
    for (int j = 0; j < columns; j++) {
        correct += chosen_class(outputs + (size_t)j * (size_t)rows, rows) == labels[j];
    }
    return correct;
}
