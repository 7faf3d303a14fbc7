/* Matrix products by the BLAS this build was linked with: the only file that sees <cblas.h>. */
#include "math/gemm.h"

#include <cblas.h>
#include <omp.h>

static void call_cblas(const gemm_product *g)
{
    /* ints, because the headers disagree on whether the enum is called by a tag or a typedef */
    const int transpose[2] = {[GEMM_N] = CblasNoTrans, [GEMM_T] = CblasTrans};
    cblas_sgemm(CblasColMajor, transpose[g->transpose_a], transpose[g->transpose_b], g->m, g->n,
                g->k, g->alpha, g->a, g->lda, g->b, g->ldb, g->beta, g->c, g->ldc);
}

/*
 * A BLAS built on OpenMP asks OpenMP how many threads it may use, whatever it was told itself
 * (OpenBLAS 0.3.21 does, outside parallel regions and in those of one thread).
 */
static void cblas_backend_sgemm(const gemm_product *g)
{
    int limit = omp_get_max_threads();
    if (limit > 1) {
        omp_set_num_threads(1);
    }
    call_cblas(g);
    if (limit > 1) {
        omp_set_num_threads(limit);
    }
}

const gemm_backend gemm_cblas = {"cblas", cblas_backend_sgemm};
