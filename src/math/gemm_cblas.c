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

/* ---- Products in parts that the BLAS computes in place ---- */

/*
 * How a product is cut: blocks of C of so many rows and columns, each the sum over so deep parts of the
 * inner dimension. No rows: not at all. The numbers below were the fastest on a Zen 5; a core's second
 * cache holds what a block reads again.
 */
typedef struct cut {
    int rows, columns, depth;
} cut;

static const cut no_cut = {0, 0, 0};

/* A product this thin reads its large operand once: nothing repays packing it. */
enum { THIN = 32 };

static int at_most(int64_t x, int bound)
{
    return x < bound ? (int)x : bound;
}

/* The largest part that is no larger than `most`, of equal parts of `total`. */
static int equal_part(int total, int most)
{
    int parts = (total + most - 1) / most;
    return (total + parts - 1) / parts;
}

/* C = A B */
static cut cut_nn(const gemm_product *g, int limit)
{
    int rows = at_most(g->m, 64);
    int columns = (int)(limit / ((int64_t)rows * g->k) / 16 * 16);
    return columns > 0 ? (cut){rows, columns, g->k} : no_cut;
}

/* C = A B^T. A wide and deep one reads each packed element so often that packing is the faster way. */
static cut cut_nt(const gemm_product *g, int limit)
{
    if (g->n <= THIN) {
        int depth = equal_part(g->k, 128);
        return (cut){at_most(limit / ((int64_t)g->n * depth), g->m), g->n, depth};
    }
    if (g->k > 200 && g->n >= 224) {
        return no_cut;
    }
    int rows = at_most(g->m, 32);
    int columns = (int)(limit / ((int64_t)rows * g->k) / 32 * 32);
    return columns > 0 ? (cut){rows, columns, g->k} : no_cut;
}

/* C = A^T B, whose elements are dot products: the kernel needs long ones and a small C. */
static cut cut_tn(const gemm_product *g, int limit)
{
    bool thin = g->m <= THIN;
    if (g->k < BLAS_IN_PLACE_DEPTH || (!thin && (g->k < 96 || g->k > 976 || g->n > 128))) {
        return no_cut;
    }
    int depth = thin ? equal_part(g->k, 976) : g->k;
    int rows = at_most(g->m, depth <= 512 ? 64 : 32);
    int columns = at_most(limit / ((int64_t)rows * depth), BLAS_IN_PLACE_OUTPUTS / rows) / 16 * 16;
    return columns > 0 ? (cut){rows, columns, depth} : no_cut;
}

static cut cut_tt(const gemm_product *g, int limit)
{
    (void)g;
    (void)limit;
    return no_cut;
}

/* The part of a product whose block of C begins at row i and column j, from depth p on. */
static gemm_product part_of(const gemm_product *g, const cut *size, int i, int j, int p)
{
    gemm_product part = *g;
    part.m = at_most(g->m - i, size->rows);
    part.n = at_most(g->n - j, size->columns);
    part.k = at_most(g->k - p, size->depth);
    part.a += g->transpose_a == GEMM_N ? i + (ptrdiff_t)p * g->lda : p + (ptrdiff_t)i * g->lda;
    part.b += g->transpose_b == GEMM_N ? p + (ptrdiff_t)j * g->ldb : j + (ptrdiff_t)p * g->ldb;
    part.c += i + (ptrdiff_t)j * g->ldc;
    part.beta = p == 0 ? g->beta : 1.0f;
    return part;
}

static void call_parts(const gemm_product *g, const cut *size)
{
    for (int p = 0; p < g->k; p += size->depth) {
        for (int i = 0; i < g->m; i += size->rows) {
            for (int j = 0; j < g->n; j += size->columns) {
                gemm_product part = part_of(g, size, i, j, p);
                call_cblas(&part);
            }
        }
    }
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

/* As it is: an empty product, too, which asks for nothing but beta C. */
static bool is_in_place(const gemm_product *g, int limit)
{
    double work = (double)g->m * (double)g->n * (double)g->k;
    bool dots = g->transpose_a == GEMM_T && g->transpose_b == GEMM_N;
    bool suits =
        !dots || ((int64_t)g->m * g->n <= BLAS_IN_PLACE_OUTPUTS && g->k >= BLAS_IN_PLACE_DEPTH);
    return work == 0.0 || (suits && work <= (double)limit);
}

/*
 * In place where the BLAS can; else in parts for which it can, as a product with a vector where it is one,
 * or as the one sgemm.
 */
static void call_best(const gemm_product *g)
{
    static cut (*const cuts[2][2])(const gemm_product *, int) = {
        [GEMM_N] = {[GEMM_N] = cut_nn, [GEMM_T] = cut_nt},
        [GEMM_T] = {[GEMM_N] = cut_tn, [GEMM_T] = cut_tt},
    };
    int limit = blas_in_place_limit();
    if (is_in_place(g, limit)) {
        call_cblas(g);
    } else if (g->n == 1 && g->transpose_b == GEMM_N) {
        call_with_vector(g);
    } else if (limit > 0 && is_turned(g)) {
        call_turned(g);
    } else {
        cut size = limit > 0 ? cuts[g->transpose_a][g->transpose_b](g, limit) : no_cut;
        if (size.rows > 0) {
            call_parts(g, &size);
        } else {
            call_cblas(g);
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
