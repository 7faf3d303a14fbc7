/*
 * Periodic embeddings: e = [c + W2 cos(2 pi w x + b), x], k frequencies w and phases b (the PBLD of
 * Holzmueller et al. 2024). A column of the table holds w [k], b [k], W2 [width - 1 x k] and c
 * [width - 1] of one input.
 */
#include "base/minmax.h"
#include "base/vector.h"
#include "program/op.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64 };

#define TWO_PI 6.283185307179586f

typedef struct wave_shape {
    int frequencies, values; /* values of W2 cos: the last one of a vector is x */
    size_t column;
} wave_shape;

static wave_shape shape_of(const program_op *op)
{
    int k = op->embedding->as.frequencies;
    int values = op->embedding->as.width - 1;
    return (wave_shape){k, values, 2 * (size_t)k + (size_t)values * ((size_t)k + 1)};
}

/*
 * cos and sin of 2 pi w x + b. In turns t, less the nearest whole number, h = sin(pi t) and g =
 * cos(pi t) are Taylor polynomials on a quarter of a turn, and cos(2 pi t) = 1 - 2 h^2, sin(2 pi t)
 * = 2 h g.
 */
VECTOR_CLONES
static void find_waves(const float *restrict w, const float *restrict b, float x, int count,
                       float *restrict cosines, float *restrict sines)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        float turns = w[i] * x + b[i] * (1.0f / TWO_PI);
        float a = (turns - floorf(turns + 0.5f)) * (0.5f * TWO_PI);
        float q = a * a;
        float h =
            a * (1.0f + q * (-1.0f / 6 +
                             q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880 +
                                                                        q * (-1.0f / 39916800))))));
        float g =
            1.0f +
            q * (-0.5f + q * (1.0f / 24 + q * (-1.0f / 720 +
                                               q * (1.0f / 40320 + q * (-1.0f / 3628800 +
                                                                        q * (1.0f / 479001600))))));
        cosines[i] = 1.0f - 2.0f * h * h;
        sines[i] = 2.0f * h * g;
    }
}

/* ---- Forward ---- */

/* kept: cosines [k], sines [k] and x; NULL: they are not. */
static void embed_value(wave_shape shape, const float *column, float x, float *e, float *kept)
{
    float cosines[BLOCK];
    float sines[BLOCK];
    int k = shape.frequencies;
    const float *w2 = column + 2 * (size_t)k;
    memcpy(e, w2 + (size_t)k * (size_t)shape.values, (size_t)shape.values * sizeof *e);
    e[shape.values] = x;
    for (int first = 0; first < k; first += BLOCK) {
        int count = MIN(BLOCK, k - first);
        find_waves(column + first, column + k + first, x, count, cosines, sines);
        for (int f = 0; f < count; f++, w2 += shape.values) {
            for (int i = 0; i < shape.values; i++) {
                e[i] += w2[i] * cosines[f];
            }
        }
        if (kept) {
            memcpy(kept + first, cosines, (size_t)count * sizeof *kept);
            memcpy(kept + k + first, sines, (size_t)count * sizeof *kept);
        }
    }
    if (kept) {
        kept[2 * (size_t)k] = x;
    }
}

static bool run_periodic(const program_op *op, const op_context *context, op_tile tile)
{
    wave_shape shape = shape_of(op);
    const network_embedding *embedding = op->embedding;
    const float *table = op_vector(context, &op->weight);
    matrix x = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix e = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    matrix kept = {0};
    if (op_is_given(&op->kept)) {
        kept = op_view(context, &op->kept, 0, op->kept.rows, tile.first, tile.count);
    }
    for (int j = 0; j < tile.count; j++) {
        for (int c = 0; c < embedding->as.count; c++) {
            embed_value(
                shape, table + (size_t)c * shape.column, *matrix_at(x, embedding->inputs[c], j),
                matrix_at(e, c * embedding->as.width, j),
                kept.data ? matrix_at(kept, c * PERIODIC_KEPT(shape.frequencies), j) : NULL);
        }
    }
    return true;
}

const op_kind op_periodic = {
    .name = "periodic embedding", .part = NNFS_PART_ELEMENTWISE, .run = run_periodic};

/* ---- The gradient of the table ---- */

/* With s = sum d_i W2_if: W2_if gets d_i cos, b_f gets -s sin, w_f that times 2 pi x, and
 * c gets d. */
static void add_gradient(wave_shape shape, const float *column, const float *d, const float *kept,
                         float *gradient)
{
    int k = shape.frequencies;
    size_t at = 2 * (size_t)k;
    float turn = TWO_PI * kept[at];
    for (int f = 0; f < k; f++) {
        float sum = 0.0f;
        for (int i = 0; i < shape.values; i++, at++) {
            sum += d[i] * column[at];
            gradient[at] += d[i] * kept[f];
        }
        float phase = -sum * kept[k + f];
        gradient[f] += phase * turn;
        gradient[k + f] += phase;
    }
    for (int i = 0; i < shape.values; i++) {
        gradient[at + (size_t)i] += d[i];
    }
}

static bool run_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    wave_shape shape = shape_of(op);
    int width = op->embedding->as.width;
    int count = context->chunk->count;
    matrix d = op_view(context, &op->in, 0, op->in.rows, 0, count);
    matrix kept = op_view(context, &op->kept, 0, op->kept.rows, 0, count);
    for (int c = tile.first; c < tile.first + tile.count; c++) {
        size_t at = (size_t)c * shape.column;
        float *gradient = op_vector(context, &op->out) + at;
        if (context->chunk->opens) {
            memset(gradient, 0, shape.column * sizeof *gradient);
        }
        for (int j = 0; j < count; j++) {
            add_gradient(shape, op_vector(context, &op->weight) + at, matrix_at(d, c * width, j),
                         matrix_at(kept, c * PERIODIC_KEPT(shape.frequencies), j), gradient);
        }
    }
    return true;
}

const op_kind op_periodic_gradient = {
    .name = "periodic gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_gradient};
