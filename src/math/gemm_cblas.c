/* Matrix products by the BLAS this build was linked with: the only file that sees <cblas.h>. */
#include "math/gemm.h"

#include <cblas.h>

static void cblas_backend_sgemm(const gemm_product *g)
{
    /* ints, because the headers disagree on whether the enum is called by a tag or a typedef */
    const int transpose[2] = {[GEMM_N] = CblasNoTrans, [GEMM_T] = CblasTrans};
    cblas_sgemm(CblasColMajor, transpose[g->transpose_a], transpose[g->transpose_b], g->m, g->n,
                g->k, g->alpha, g->a, g->lda, g->b, g->ldb, g->beta, g->c, g->ldc);
}

const gemm_backend gemm_cblas = {"cblas", cblas_backend_sgemm};
