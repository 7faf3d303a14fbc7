/* Biases, activations, dropout and noise: what is done to single elements. */
#include "base/minmax.h"
#include "base/random.h"
#include "base/vector.h"
#include "math/normal.h"
#include "program/op.h"

#include <string.h>

/* ---- Activations ---- */

/* A = f(Z + b) */
static bool run_activate(const program_op *op, const op_context *context, op_tile tile)
{
    matrix z = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    matrix a = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    op->activation->forward(op_vector(context, &op->weight) + tile.row, tile.rows, z.columns,
                            op->in.rows, z.data, a.data);
    return true;
}

const op_kind op_activate = {
    .name = "activate", .part = NNFS_PART_ELEMENTWISE, .run = run_activate, .elementwise = true};

/* Z += b, of the output layer: its activation is the loss's, or op_output_activate's. */
static bool run_add_bias(const program_op *op, const op_context *context, op_tile tile)
{
    matrix z = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    bias_forward(op_vector(context, &op->weight) + tile.row, tile.rows, tile.count, op->out.rows,
                 z.data);
    return true;
}

const op_kind op_add_bias = {
    .name = "add bias", .part = NNFS_PART_ELEMENTWISE, .run = run_add_bias, .elementwise = true};

/* Outputs from logits that have their bias. */
static bool run_output_activate(const program_op *op, const op_context *context, op_tile tile)
{
    matrix z = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix a = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    for (int i = 0; i < op->in.rows; i++) {
        context->scratch[i] = 0.0f;
    }
    op->activation->forward(context->scratch, op->in.rows, tile.count, op->in.rows, z.data, a.data);
    return true;
}

const op_kind op_output_activate = {
    .name = "output", .part = NNFS_PART_ELEMENTWISE, .run = run_output_activate};

/* D *= f', by what the forward pass kept: z or f(z). */
static bool run_activate_backward(const program_op *op, const op_context *context, op_tile tile)
{
    matrix d = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    matrix kept = op_view(context, &op->kept, tile.row, tile.rows, tile.first, tile.count);
    op->activation->backward(kept.data, tile.rows, d.columns, op->out.rows, d.data);
    return true;
}

const op_kind op_activate_backward = {.name = "activate backward",
                                      .part = NNFS_PART_ELEMENTWISE,
                                      .run = run_activate_backward,
                                      .elementwise = true};

/* ---- Dropout ---- */

/*
 * A unit is dropped if its 16 random bits are below p 2^16. The bits of unit u of layer l, in a
 * sample and an epoch, are the half u % 8 of draw u / 8: whichever thread computes the tile draws
 * the same. Layer 0 stands for the inputs.
 */
enum {
    UNITS_A_DRAW = 8,
    DRAWS_A_LAYER = 1 << 22,
    DRAWS_AT_ONCE = 16,
    DRAWN = DRAWS_AT_ONCE * UNITS_A_DRAW,
};

VECTOR_CLONES
static void factors_of(const random_words *words, uint32_t threshold, float keep,
                       float *restrict factors)
{
    const uint32_t *word = words[0].word;
#pragma omp simd
    for (int i = 0; i < DRAWN; i++) {
        uint32_t bits = (word[i / 2] >> (16 * (i % 2))) & 0xffff;
        factors[i] = bits < threshold ? 0.0f : keep;
    }
}

/* The sample of a column, and, above it, the member. */
static uint64_t column_sample(const operand *of, const op_context *context, int first, int column)
{
    int members = MAX(of->members, 1);
    return op_sample(context, first + column / members) | (uint64_t)(column % members) << 48;
}

/* The factors of some units of a sample: 0, or 1 / (1 - p). */
static void draw_factors(const program_op *op, const op_context *context, uint64_t sample,
                         int first, int count, float *factors)
{
    const random_key key = {context->settings->seed, RANDOM_DROPOUT};
    random_words words[DRAWS_AT_ONCE];
    float drawn[DRAWN];
    uint32_t threshold = (uint32_t)(op->value * 65536.0f + 0.5f);
    float keep = 1.0f / (1.0f - op->value);
    int at = first - first % UNITS_A_DRAW;
    while (at < first + count) {
        uint32_t unit = (uint32_t)(op->layer + 1) * DRAWS_A_LAYER + (uint32_t)(at / UNITS_A_DRAW);
        random_draw_units(key, context->chunk->draw, sample, unit, DRAWS_AT_ONCE, words);
        factors_of(words, threshold, keep, drawn);
        int begin = at < first ? first - at : 0;
        int end = first + count - at < DRAWN ? first + count - at : DRAWN;
        memcpy(factors + at + begin - first, drawn + begin,
               (size_t)(end - begin) * sizeof *factors);
        at += DRAWN;
    }
}

VECTOR_CLONES
static void multiply_column(const float *restrict x, const float *restrict factors, int count,
                            float *restrict y)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        y[i] = x[i] * factors[i];
    }
}

VECTOR_CLONES
static void scale_column(float *restrict d, const float *restrict factors, int count)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        d[i] = d[i] * factors[i];
    }
}

static bool run_dropout(const program_op *op, const op_context *context, op_tile tile)
{
    matrix x = op_view(context, &op->in, tile.row, tile.rows, tile.first, tile.count);
    matrix y = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    matrix factors = op_view(context, &op->kept, tile.row, tile.rows, tile.first, tile.count);
    for (int j = 0; j < x.columns; j++) {
        draw_factors(op, context, column_sample(&op->in, context, tile.first, j), tile.row,
                     tile.rows, matrix_at(factors, 0, j));
        multiply_column(matrix_at(x, 0, j), matrix_at(factors, 0, j), tile.rows,
                        matrix_at(y, 0, j));
    }
    return true;
}

const op_kind op_dropout = {
    .name = "dropout", .part = NNFS_PART_ELEMENTWISE, .run = run_dropout, .elementwise = true};

static bool run_dropout_backward(const program_op *op, const op_context *context, op_tile tile)
{
    matrix d = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    matrix factors = op_view(context, &op->kept, tile.row, tile.rows, tile.first, tile.count);
    for (int j = 0; j < d.columns; j++) {
        scale_column(matrix_at(d, 0, j), matrix_at(factors, 0, j), tile.rows);
    }
    return true;
}

const op_kind op_dropout_backward = {.name = "dropout backward",
                                     .part = NNFS_PART_ELEMENTWISE,
                                     .run = run_dropout_backward,
                                     .elementwise = true};

/* ---- Gaussian noise ---- */

enum {
    NOISE_A_DRAW = 4,
    NOISE_AT_ONCE = DRAWS_AT_ONCE * NOISE_A_DRAW,
};

VECTOR_CLONES
static void add_scaled(float *restrict x, const double *restrict normal, int count, float deviation)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        x[i] += deviation * (float)normal[i];
    }
}

/* The noise of unit u of a layer is number u % 4 of draw u / 4, as dropout's bits are. */
static void add_noise(const program_op *op, const op_context *context, uint64_t sample, int first,
                      int count, float *x)
{
    const random_key key = {context->settings->seed, RANDOM_NOISE};
    random_words words[DRAWS_AT_ONCE];
    double normal[NOISE_AT_ONCE];
    int at = first - first % NOISE_A_DRAW;
    while (at < first + count) {
        uint32_t unit = (uint32_t)(op->layer + 1) * DRAWS_A_LAYER + (uint32_t)(at / NOISE_A_DRAW);
        random_draw_units(key, context->chunk->draw, sample, unit, DRAWS_AT_ONCE, words);
        normal_fill(words[0].word, NOISE_AT_ONCE, normal);
        int begin = at < first ? first - at : 0;
        int end = first + count - at < NOISE_AT_ONCE ? first + count - at : NOISE_AT_ONCE;
        add_scaled(x + at + begin - first, normal + begin, end - begin, op->value);
        at += NOISE_AT_ONCE;
    }
}

/* X += deviation N(0, 1), in place; what it adds has no derivative. */
static bool run_noise(const program_op *op, const op_context *context, op_tile tile)
{
    matrix x = op_view(context, &op->out, tile.row, tile.rows, tile.first, tile.count);
    for (int j = 0; j < x.columns; j++) {
        add_noise(op, context, column_sample(&op->out, context, tile.first, j), tile.row, tile.rows,
                  matrix_at(x, 0, j));
    }
    return true;
}

const op_kind op_noise = {
    .name = "noise", .part = NNFS_PART_ELEMENTWISE, .run = run_noise, .elementwise = true};
