/*
 * Vectors of categories, e = the sum of x_i T_i over the inputs of a category: T is [width x inputs
 * of all categories]. One input is 1 and the others are 0, except where training adds noise to
 * them. Behind the vectors of all embeddings come the inputs of none.
 */
#include "base/minmax.h"
#include "base/vector.h"
#include "program/op.h"

#include <string.h>

VECTOR_CLONES
static void add_multiple(const float *restrict from, float x, int width, float *restrict to)
{
#pragma omp simd
    for (int i = 0; i < width; i++) {
        to[i] += x * from[i];
    }
}

static void embed_sample(const network_embedding *embedding, const float *table, const float *x,
                         float *e)
{
    int width = embedding->as.width;
    memset(e, 0, (size_t)embedding_rows(embedding) * sizeof *e);
    for (int c = 0; c < embedding->as.count; c++, e += width) {
        const float *own = x + embedding->inputs[c];
        for (int i = 0; i < embedding->sizes[c]; i++, table += width) {
            if (own[i] != 0.0f) {
                add_multiple(table, own[i], width, e);
            }
        }
    }
}

static bool run_category(const program_op *op, const op_context *context, op_tile tile)
{
    matrix x = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix e = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    for (int j = 0; j < tile.count; j++) {
        embed_sample(op->embedding, op_vector(context, &op->weight), matrix_at(x, 0, j),
                     matrix_at(e, 0, j));
    }
    return true;
}

const op_kind op_category = {
    .name = "category vectors", .part = NNFS_PART_ELEMENTWISE, .run = run_category};

/* ---- The gradient of T ---- */

/* Of columns first to end - 1 of T, by one sample. */
static void add_gradient(const network_embedding *embedding, int first, int end, const float *x,
                         const float *d, float *gradient)
{
    int width = embedding->as.width;
    int column = 0;
    for (int c = 0; c < embedding->as.count && column < end; c++, d += width) {
        const float *own = x + embedding->inputs[c] - column;
        int to = column + embedding->sizes[c];
        for (int i = MAX(first, column); i < MIN(end, to); i++) {
            if (own[i] != 0.0f) {
                add_multiple(d, own[i], width, gradient + (size_t)i * (size_t)width);
            }
        }
        column = to;
    }
}

static bool run_gradient(const program_op *op, const op_context *context, op_tile tile)
{
    size_t width = (size_t)op->embedding->as.width;
    int count = context->chunk->count;
    int end = tile.first + tile.count;
    matrix d = op_view(context, &op->in, 0, op->in.rows, 0, count);
    matrix x = op_view(context, &op->kept, 0, op->kept.rows, 0, count);
    float *gradient = op_vector(context, &op->out);
    if (context->chunk->opens) {
        memset(gradient + (size_t)tile.first * width, 0,
               (size_t)tile.count * width * sizeof *gradient);
    }
    for (int j = 0; j < count; j++) {
        add_gradient(op->embedding, tile.first, end, matrix_at(x, 0, j), matrix_at(d, 0, j),
                     gradient);
    }
    return true;
}

const op_kind op_category_gradient = {
    .name = "category gradient", .part = NNFS_PART_ELEMENTWISE, .run = run_gradient};

/* ---- The other inputs ---- */

static bool run_pass(const program_op *op, const op_context *context, op_tile tile)
{
    const nnfs_network *network = context->network;
    matrix x = op_view(context, &op->in, 0, op->in.rows, tile.first, tile.count);
    matrix to = op_view(context, &op->out, 0, op->out.rows, tile.first, tile.count);
    for (int j = 0; j < tile.count; j++) {
        const float *from = matrix_at(x, 0, j);
        float *others = matrix_at(to, 0, j);
        for (int i = 0; i < network->other_count; i++) {
            others[i] = from[network->others[i]];
        }
    }
    return true;
}

const op_kind op_pass_others = {
    .name = "pass others", .part = NNFS_PART_ELEMENTWISE, .run = run_pass};
