/* Matrix products by the BLAS this build was linked with: the only file that sees <cblas.h>. */
#include "math/gemm.h"

#include "math/blas_runtime.h"

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

/* Blocks of C for blas_in_place_limit, as they were fastest on a Zen 5. */
typedef struct block_shape {
    int rows;
    int columns; /* a multiple of these */
} block_shape;

static const block_shape block_shapes[] = {[GEMM_N] = {64, 16}, [GEMM_T] = {32, 32}}; /* by B */

/* The block of C from row i and column j on. */
static gemm_product block_of(const gemm_product *g, int i, int j, int rows, int columns)
{
    gemm_product block = *g;
    block.m = g->m - i < rows ? g->m - i : rows;
    block.n = g->n - j < columns ? g->n - j : columns;
    block.a = g->a + i;
    block.b = g->b + (g->transpose_b == GEMM_N ? (ptrdiff_t)j * g->ldb : j);
    block.c = g->c + i + (ptrdiff_t)j * g->ldc;
    return block;
}

/* A wide and deep D A^T reads each packed element so often that packing is the faster way. */
static bool repays_packing(const gemm_product *g)
{
    return g->transpose_b == GEMM_T && g->k > 200 && g->n >= 224;
}

/*
 * A product with a single column is a matrix times a vector, for which an sgemm would first copy all of A.
 * C is cleared here, because not every release of every BLAS leaves C unread where beta is 0.
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

/*
 * In place where the BLAS can; else in blocks for which it can, as a product with a vector where it is one,
 * or as the one sgemm.
 */
static void call_best(const gemm_product *g)
{
    int limit = blas_in_place_limit();
    bool whole = (double)g->m * (double)g->n * (double)g->k <= (double)limit;
    if (!whole && g->n == 1 && g->transpose_b == GEMM_N) {
        call_with_vector(g);
        return;
    }
    block_shape shape = block_shapes[g->transpose_b];
    int rows = g->m < shape.rows ? g->m : shape.rows;
    int64_t column_work = (int64_t)rows * g->k; /* multiply-adds for one column of a block */
    int64_t columns = whole ? 0 : limit / column_work / shape.columns * shape.columns;
    if (columns == 0 || g->transpose_a == GEMM_T || repays_packing(g)) {
        call_cblas(g);
        return;
    }
    for (int i = 0; i < g->m; i += rows) {
        for (int j = 0; j < g->n; j += (int)columns) {
            gemm_product block = block_of(g, i, j, rows, (int)columns);
            call_cblas(&block);
        }
    }
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
    call_best(g);
    if (limit > 1) {
        omp_set_num_threads(limit);
    }
}

const gemm_backend gemm_cblas = {"cblas", cblas_backend_sgemm};
