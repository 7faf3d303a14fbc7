/* The seam: checks the arguments, then calls the backend. */
#include "math/gemm.h"

#include <stddef.h>

extern const gemm_backend gemm_cblas;

const gemm_backend *gemm_default(void)
{
    return &GEMM_DEFAULT; /* set by -Dgemm_backend */
}

bool gemm_run(const gemm_backend *backend, const gemm_product *g)
{
    int rows_a = g->transpose_a == GEMM_N ? g->m : g->k;
    int rows_b = g->transpose_b == GEMM_N ? g->k : g->n;
    if (g->m < 0 || g->n < 0 || g->k < 0 || g->lda < (rows_a > 1 ? rows_a : 1) ||
        g->ldb < (rows_b > 1 ? rows_b : 1) || g->ldc < (g->m > 1 ? g->m : 1)) {
        return false;
    }
    backend->sgemm(g);
    return true;
}
