/* The seam: checks the arguments, then calls the backend. */
#include "math/gemm.h"

extern const gemm_backend gemm_cblas;

const gemm_backend *gemm_default(void)
{
    return &GEMM_DEFAULT; /* set by -Dgemm_backend */
}

static bool is_transpose(gemm_transpose transpose)
{
    return transpose == GEMM_N || transpose == GEMM_T;
}

/* Whether a matrix of so many rows fits a leading dimension; even an empty one has to be 1. */
static bool fits(int rows, int ld)
{
    return rows >= 0 && ld >= (rows > 1 ? rows : 1);
}

bool gemm_run(const gemm_backend *backend, const gemm_product *g)
{
    if (!is_transpose(g->transpose_a) || !is_transpose(g->transpose_b) || g->m < 0 || g->n < 0 ||
        g->k < 0 || !fits(g->transpose_a == GEMM_N ? g->m : g->k, g->lda) ||
        !fits(g->transpose_b == GEMM_N ? g->k : g->n, g->ldb) || !fits(g->m, g->ldc)) {
        return false;
    }
    backend->sgemm(g);
    return true;
}
