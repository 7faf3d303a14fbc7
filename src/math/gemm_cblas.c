/* Matrix products by the BLAS this build was linked with: the only file that sees <cblas.h>. */
#include "math/gemm.h"

#include "math/blas_runtime.h"
#include "math/gemm_cut.h"

#include <cblas.h>
#include <omp.h>
#include <stddef.h>
#include <stdint.h>

static void call_cblas(const gemm_product *g)
{
    /* ints, because the headers disagree on whether the enum is called by a tag or a typedef */
    const int transpose[2] = {[GEMM_N] = CblasNoTrans, [GEMM_T] = CblasTrans};
    cblas_sgemm(CblasColMajor, transpose[g->transpose_a], transpose[g->transpose_b], g->m, g->n,
                g->k, g->alpha, g->a, g->lda, g->b, g->ldb, g->beta, g->c, g->ldc);
}

static void call_parts(const gemm_product *g, gemm_cut size)
{
    for (int p = 0; p < g->k; p += size.depth) {
        for (int i = 0; i < g->m; i += size.rows) {
            for (int j = 0; j < g->n; j += size.columns) {
                gemm_product part = gemm_part(g, &size, i, j, p);
                call_cblas(&part);
            }
        }
    }
}

/*
 * A product with a single column is a matrix times a vector, for which an sgemm would first copy
 * all of A. C is cleared here, because not every release of every BLAS leaves C unread where
 * beta is 0.
 */
static void call_with_vector(const gemm_product *g)
{
    bool whole = g->transpose_a == GEMM_N;
    for (int i = 0; g->beta == 0.0f && i < g->m; i++) {
        g->c[i] = 0.0f;
    }
    cblas_sgemv(CblasColMajor, whole ? CblasNoTrans : CblasTrans, whole ? g->m : g->k,
                whole ? g->k : g->m, g->alpha, g->a, g->lda, g->b, 1,
                g->beta == 0.0f ? 1.0f : g->beta, g->c, 1);
}

/* A^T B whose sums are too short for the kernel, of an A that is quickly turned around. */
enum { TURNED_FLOATS = 1024 };

static bool is_turned(const gemm_product *g)
{
    return g->transpose_a == GEMM_T && g->transpose_b == GEMM_N && g->k < BLAS_IN_PLACE_DEPTH &&
           g->n > 8 && (int64_t)g->m * g->k <= TURNED_FLOATS;
}

static void call_turned(const gemm_product *g)
{
    float turned[TURNED_FLOATS];
    for (int i = 0; i < g->m; i++) {
        for (int p = 0; p < g->k; p++) {
            turned[i + (ptrdiff_t)p * g->m] = g->a[p + (ptrdiff_t)i * g->lda];
        }
    }
    gemm_product straight = *g;
    straight.transpose_a = GEMM_N;
    straight.a = turned;
    straight.lda = g->m;
    call_cblas(&straight);
}

/*
 * In place where the BLAS can; else as a product with a vector where it is one, in parts for which
 * it can, or as the one sgemm.
 */
static void call_best(const gemm_product *g)
{
    int limit = blas_in_place_limit();
    if (gemm_is_in_place(g, limit)) {
        call_cblas(g);
    } else if (g->n == 1 && g->transpose_b == GEMM_N) {
        call_with_vector(g);
    } else if (limit == 0) {
        call_cblas(g);
    } else if (is_turned(g)) {
        call_turned(g);
    } else {
        call_parts(g, gemm_cut_of(g, limit));
    }
}

/*
 * A BLAS built on OpenMP asks OpenMP how many threads it may use and ignores its own setting
 * (OpenBLAS 0.3.21 does, outside parallel regions and in those of one thread).
 */
static void cblas_backend_sgemm(const gemm_product *g)
{
    int limit = omp_get_max_threads();
    if (limit > 1) {
        omp_set_num_threads(1);
    }
    call_best(g);
    if (limit > 1) {
        omp_set_num_threads(limit);
    }
}

const gemm_backend gemm_cblas = {"cblas", cblas_backend_sgemm};
