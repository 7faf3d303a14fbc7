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
 * Column j of the targets as numbers, in the tile's scratch column unless they lie somewhere as they are:
 * a class index is written out, with one row as it is, and y smoothed is (1 - e) y + e / choices.
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
 * With m = max z and S = sum exp(z_i - m): p = exp(z - m) / S and -log p_i = log S + m - z_i.
 * Turns the column of logits into p, and returns log S + m.
 */
VECTOR_INLINE double softmax_column(float *z, int rows)
{
    float largest = -INFINITY;
    for (int i = 0; i < rows; i++) {
        largest = MAX(z[i], largest);
    }
    float sum = 0.0f;
#pragma omp simd
    for (int i = 0; i < rows; i++) {
        z[i] = exp_of(z[i] - largest);
    }
    for (int i = 0; i < rows; i++) {
        sum += z[i];
    }
    float scale = 1.0f / sum;
#pragma omp simd
    for (int i = 0; i < rows; i++) {
        z[i] = z[i] * scale;
    }
    /* cppcheck-suppress invalidFunctionArg ; one of the powers is 1, so the sum is not 0 */
    return (double)logf(sum) + (double)largest;
}

/* Targets that are distributions y: loss = sum_i y_i (log S + m - z_i), delta = p sum y - y. */
VECTOR_CLONES
static double cross_entropy_numbers(float *z, const float *y, int rows, float scale, float *d)
{
    double dot = 0.0;
    float total = 0.0f;
    for (int i = 0; i < rows; i++) {
        dot += (double)y[i] * (double)z[i];
        total += y[i];
    }
    double log_sum = softmax_column(z, rows);
    if (d) {
#pragma omp simd
        for (int i = 0; i < rows; i++) {
            d[i] = (z[i] * total - y[i]) * scale;
        }
    }
    return (double)total * log_sum - dot;
}

/* A class y: loss = log S + m - z_y, delta = p - onehot(y). */
VECTOR_CLONES
static double cross_entropy_class(float *z, int32_t y, int rows, float scale, float *d)
{
    float logit = z[y];
    double log_sum = softmax_column(z, rows);
    if (d) {
#pragma omp simd
        for (int i = 0; i < rows; i++) {
            d[i] = z[i] * scale;
        }
        d[y] -= scale;
    }
    return log_sum - (double)logit;
}

/*
 * A class y whose target keeps 1 - e and gives e to all K classes alike (Szegedy et al. 2016):
 * loss = log S + m - (1 - e) z_y - e mean z, delta = p - e / K - (1 - e) onehot(y).
 */
VECTOR_CLONES
static double cross_entropy_smoothed(float *z, int32_t y, int rows, float e, float scale, float *d)
{
    double sum = 0.0;
    for (int i = 0; i < rows; i++) {
        sum += (double)z[i];
    }
    double target = (1.0 - (double)e) * (double)z[y] + (double)e * sum / rows;
    double log_sum = softmax_column(z, rows);
    if (d) {
        float share = e / (float)rows;
#pragma omp simd
        for (int i = 0; i < rows; i++) {
            d[i] = (z[i] - share) * scale;
        }
        d[y] -= (1.0f - e) * scale;
    }
    return log_sum - target;
}

static double cross_entropy_column(const loss_tile *tile, int j, float *p, float scale, float *d)
{
    if (!tile->labels || tile->partners) {
        return cross_entropy_numbers(p, target_column(tile, j, tile->rows), tile->rows, scale, d);
    }
    if (tile->label_smoothing > 0.0f) {
        return cross_entropy_smoothed(p, tile->labels[j], tile->rows, tile->label_smoothing, scale,
                                      d);
    }
    return cross_entropy_class(p, tile->labels[j], tile->rows, scale, d);
}

static double cross_entropy(const loss_tile *tile, const activation *output)
{
    (void)output;
    double sum = 0.0;
    int rows = tile->rows;
    for (int j = 0; j < tile->columns; j++) {
        size_t at = (size_t)j * (size_t)rows;
        float *p = tile->outputs + at;
        float *d = NULL;
        if (tile->delta) {
            d = tile->delta + at;
        }
        float weight = column_weight(tile, j);
        if (tile->z != tile->outputs) {
            memcpy(p, tile->z + at, (size_t)rows * sizeof *p);
        }
        sum += (double)weight * cross_entropy_column(tile, j, p, tile->scale * weight, d);
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
    loss_term term = {fabsf(e), e > 0.0f ? 1.0f : e < 0.0f ? -1.0f : e};
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

/* All columns of the tile at once, if their targets are numbers and count alike; else one by one. */
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
