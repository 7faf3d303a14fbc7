/* Matrix products by the BLAS this build was linked with: the only file that sees <cblas.h>. */
#include "math/gemm.h"

#include <cblas.h>

static CBLAS_TRANSPOSE transpose_of(gemm_transpose transpose)
{
    return transpose == GEMM_N ? CblasNoTrans : CblasTrans;
}

static void cblas_backend_sgemm(const gemm_product *g)
{
    cblas_sgemm(CblasColMajor, transpose_of(g->transpose_a), transpose_of(g->transpose_b), g->m,
                g->n, g->k, g->alpha, g->a, g->lda, g->b, g->ldb, g->beta, g->c, g->ldc);
}

const gemm_backend gemm_cblas = {"openblas", cblas_backend_sgemm};
