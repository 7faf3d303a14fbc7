/*
 * Matrix products as plain loops: what a textbook says, in the loop order that walks memory
 * forward. The oracle of the tests and the other side of the benchmark.
 *
 * Where A is stored as it is used, each column of C gathers scaled columns of A; where A is stored
 * transposed, each element of C is the dot product of two stored columns.
 */
#include "math/gemm.h"

#include <stddef.h>

/* C = beta C; beta 0 overwrites C, also NaN. */
static void scale_columns(const gemm_product *g)
{
    for (int j = 0; j < g->n; j++) {
        float *c = g->c + (ptrdiff_t)j * g->ldc;
        for (int i = 0; i < g->m; i++) {
            c[i] = g->beta == 0.0f ? 0.0f : g->beta * c[i];
        }
    }
}

/* C += alpha A B */
static void add_nn(const gemm_product *g)
{
    for (int j = 0; j < g->n; j++) {
        const float *b = g->b + (ptrdiff_t)j * g->ldb;
        float *restrict c = g->c + (ptrdiff_t)j * g->ldc;
        for (int p = 0; p < g->k; p++) {
            const float *a = g->a + (ptrdiff_t)p * g->lda;
            float factor = g->alpha * b[p];
            for (int i = 0; i < g->m; i++) {
                c[i] += factor * a[i];
            }
        }
    }
}

/* C += alpha A B^T */
static void add_nt(const gemm_product *g)
{
    for (int j = 0; j < g->n; j++) {
        float *restrict c = g->c + (ptrdiff_t)j * g->ldc;
        for (int p = 0; p < g->k; p++) {
            const float *a = g->a + (ptrdiff_t)p * g->lda;
            float factor = g->alpha * g->b[j + (ptrdiff_t)p * g->ldb];
            for (int i = 0; i < g->m; i++) {
                c[i] += factor * a[i];
            }
        }
    }
}

/* C += alpha A^T B */
static void add_tn(const gemm_product *g)
{
    for (int j = 0; j < g->n; j++) {
        const float *b = g->b + (ptrdiff_t)j * g->ldb;
        for (int i = 0; i < g->m; i++) {
            const float *a = g->a + (ptrdiff_t)i * g->lda;
            float sum = 0.0f;
            for (int p = 0; p < g->k; p++) {
                sum += a[p] * b[p];
            }
            g->c[i + (ptrdiff_t)j * g->ldc] += g->alpha * sum;
        }
    }
}

/* C += alpha A^T B^T */
static void add_tt(const gemm_product *g)
{
    for (int j = 0; j < g->n; j++) {
        for (int i = 0; i < g->m; i++) {
            const float *a = g->a + (ptrdiff_t)i * g->lda;
            float sum = 0.0f;
            for (int p = 0; p < g->k; p++) {
                sum += a[p] * g->b[j + (ptrdiff_t)p * g->ldb];
            }
            g->c[i + (ptrdiff_t)j * g->ldc] += g->alpha * sum;
        }
    }
}

static void naive_sgemm(const gemm_product *g)
{
    static void (*const add[2][2])(const gemm_product *) = {
        [GEMM_N] = {[GEMM_N] = add_nn, [GEMM_T] = add_nt},
        [GEMM_T] = {[GEMM_N] = add_tn, [GEMM_T] = add_tt},
    };
    if (g->beta != 1.0f) {
        scale_columns(g);
    }
    if (g->alpha != 0.0f) { /* as in a BLAS, A and B are not looked at otherwise */
        add[g->transpose_a][g->transpose_b](g);
    }
}

const gemm_backend gemm_naive = {"naive", naive_sgemm};
