/*
 * Matrix products as plain loops: what a textbook says, in the loop order that walks memory
 * forward. The oracle of the tests and the other side of the benchmark.
 */
#include "math/gemm.h"

#include <stddef.h>

static float element(const float *x, int ld, gemm_transpose transpose, int row, int column)
{
    return transpose == GEMM_N ? x[row + (ptrdiff_t)column * ld] : x[column + (ptrdiff_t)row * ld];
}

static void naive_sgemm(const gemm_product *g)
{
    for (int j = 0; j < g->n; j++) {
        float *c = g->c + (ptrdiff_t)j * g->ldc;
        for (int i = 0; i < g->m; i++) {
            float sum = 0.0f;
            for (int p = 0; p < g->k; p++) {
                sum += element(g->a, g->lda, g->transpose_a, i, p) *
                       element(g->b, g->ldb, g->transpose_b, p, j);
            }
            c[i] = g->alpha * sum + (g->beta == 0.0f ? 0.0f : g->beta * c[i]);
        }
    }
}

const gemm_backend gemm_naive = {"naive", naive_sgemm};
