/*
 * Piecewise-linear embeddings of inputs: e = w0 x + b0 + P ple(x) with ple_t = clip((x - b_t) /
 * (b_t+1 - b_t), 0, 1), not clipped at both ends (Gorishniy et al. 2022, version B of Gorishniy et
 * al. 2024). ple is 1 up to the piece that x lies in and 0 behind it, so P ple(x) is a sum of the
 * first columns of P, computed once a step, and a share of the next.
 *
 * A column of the table holds w0, b0 and the columns of P of one input, each [width].
 */
#include "base/vector.h"
#include "program/op.h"

#include <string.h>

/* What the forward pass keeps of an input of a sample. */
enum { KEPT_PIECE, KEPT_SHARE, KEPT_X };

typedef struct embedding_shape {
    int inputs, width, bins;
    size_t column; /* floats of the table */
} embedding_shape;

static embedding_shape shape_of(const program_op *op)
{
    const nnfs_embedding *as = &op->embedding->as;
    return (embedding_shape){as->count, as->width, as->bins,
                             (size_t)as->width * (size_t)(as->bins + 2)};
}

/* ---- Sums of the first columns of P ---- */

static bool run_sums(const program_op *op, const op_context *context, op_tile tile)
{
    embedding_shape shape = shape_of(op);
    size_t width = (size_t)shape.width;
    for (int c = tile.first; c < tile.first + tile.count; c++) {
        const float *p = op_vector(context, &op->weight) + (size_t)c * shape.column + 2 * width;
        float *sums = op_vector(context, &op->out) + (size_t)c * width * (size_t)shape.bins;
        memset(sums, 0, width * sizeof *sums);
        for (size_t i = width; i < width * (size_t)shape.bins; i++) {
            sums[i] = sums[i - width] + p[i - width];
        }
    }
    return true;
}

const op_kind op_piece_sums = {
    .name = "embedding sums", .part = NNFS_PART_ELEMENTWISE, .run = run_sums};

/* ---- Forward ---- */

/* The piece that x lies in. */
VECTOR_CLONES
static int piece_of(const float *restrict edges, int bins, float x)
{
    int piece = 0;
#pragma omp simd reduction(+ : piece)
    for (int i = 1; i < bins; i++) {
        piece += edges[i] <= x;
    }
    return piece > 0 && edges[piece + 1] == NO_EDGE ? piece - 1 : piece;
}

VECTOR_CLONES
static void embed_value(const float *restrict column, const float *restrict sums,
                        const float *restrict piece, float x, float share, int width,
                        float *restrict e)
{
#pragma omp simd
    for (int i = 0; i < width; i++) {
        e[i] = column[width + i] + column[i] * x + sums[i] + share * piece[i];
    }
}

static void embed_sample(const program_op *op, const op_context *context, const float *x, float *e,
                         float *kept)
{
    embedding_shape shape = shape_of(op);
    size_t width = (size_t)shape.width;
    const network_embedding *embedding = op->embedding;
    const float *edges =
        context->base[SPACE_PARAMETERS] + context->network->tensors[embedding->edges].offset;
    for (int c = 0; c < shape.inputs; c++) {
        float value = x[embedding->inputs[c]];
        const float *own = edges + (size_t)c * (size_t)(shape.bins + 1);
        size_t piece = (size_t)piece_of(own, shape.bins, value);
        float share = (value - own[piece]) / (own[piece + 1] - own[piece]);
        const float *column = op_vector(context, &op->weight) + (size_t)c * shape.column;
        const float *sums =
            op_vector(context, &op->more) + ((size_t)c * (size_t)shape.bins + piece) * width;
        embed_value(column, sums, column + (2 + piece) * width, value, share, shape.width,
                    e + (size_t)c * width);
        if (kept) {
            kept[c * PIECEWISE_KEPT + KEPT_PIECE] = (float)piece;
            kept[c * PIECEWISE_KEPT + KEPT_SHARE] = share;
            kept[c * PIECEWISE_KEPT + KEPT_X] = value;
        }
    }
}

static bool run_piecewise(const program_op *op, const op_context *context, op_tile tile)
{
    matrix x = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix e = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    matrix kept = {0};
    if (op_is_given(&op->kept)) {
        kept = op_view(context, &op->kept, 0, op->kept.rows, tile.first, tile.count);
    }
    for (int j = 0; j < tile.count; j++) {
        embed_sample(op, context, matrix_at(x, 0, j), matrix_at(e, 0, j),
                     kept.data ? matrix_at(kept, 0, j) : NULL);
    }
    return true;
}

const op_kind op_piecewise = {.name = "embed", .part = NNFS_PART_ELEMENTWISE, .run = run_piecewise};

/* ---- The gradient of the table ---- */

/* d goes to w0 and b0, to the piece's column of P by the share, and to all columns before it. */
VECTOR_CLONES
static void add_value_gradient(const float *restrict d, float x, float share, int width,
                               float *restrict gradient, float *restrict piece,
                               float *restrict before)
{
#pragma omp simd
    for (int i = 0; i < width; i++) {
        gradient[i] += x * d[i];
        gradient[width + i] += d[i];
        piece[i] += share * d[i];
        before[i] += d[i];
    }
}

/* The columns of P before a piece get what `before` has gathered for it. */
static void add_before(const float *before, size_t width, size_t bins, float *p)
{
    for (size_t w = 0; w < width; w++) {
        float sum = 0.0f;
        for (size_t t = bins; t-- > 0;) {
            p[t * width + w] += sum;
            sum += before[t * width + w];
        }
    }
}

static bool run_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    embedding_shape shape = shape_of(op);
    size_t width = (size_t)shape.width;
    size_t bins = (size_t)shape.bins;
    int count = context->chunk->count;
    matrix d = op_view(context, &op->in, 0, op->in.rows, 0, count);
    matrix kept = op_view(context, &op->kept, 0, op->kept.rows, 0, count);
    for (int c = tile.first; c < tile.first + tile.count; c++) {
        float *gradient = op_vector(context, &op->out) + (size_t)c * shape.column;
        float *p = gradient + 2 * width;
        float *before = op_vector(context, &op->more) + (size_t)c * width * bins;
        memset(before, 0, width * bins * sizeof *before);
        if (context->chunk->opens) {
            memset(gradient, 0, shape.column * sizeof *gradient);
        }
        for (int j = 0; j < count; j++) {
            const float *place = matrix_at(kept, c * PIECEWISE_KEPT, j);
            size_t at = (size_t)place[KEPT_PIECE] * width;
            add_value_gradient(matrix_at(d, c * shape.width, j), place[KEPT_X], place[KEPT_SHARE],
                               shape.width, gradient, p + at, before + at);
        }
        add_before(before, width, bins, p);
    }
    return true;
}

const op_kind op_piecewise_gradient = {
    .name = "embedding gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_gradient};
