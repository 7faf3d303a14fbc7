/* How products are cut. */
#include "math/gemm_cut.h"

#include "math/blas_runtime.h"

#include <stddef.h>
#include <stdint.h>

/* The numbers below were the fastest on a Zen 5; a core's second cache holds what a
 * block reads again. */

/* One part, to be packed. */
static gemm_cut whole(const gemm_product *g)
{
    return (gemm_cut){g->m, g->n, g->k};
}

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
static gemm_cut cut_nn(const gemm_product *g, int limit)
{
    int rows = at_most(g->m, 64);
    int columns = (int)(limit / ((int64_t)rows * g->k) / 16 * 16);
    return columns > 0 ? (gemm_cut){rows, columns, g->k} : whole(g);
}

/* C = A B^T. A wide and deep one reads each packed element so often that packing is
 * the faster way. */
static gemm_cut cut_nt(const gemm_product *g, int limit)
{
    if (g->n <= THIN) {
        int depth = equal_part(g->k, 128);
        return (gemm_cut){at_most(limit / ((int64_t)g->n * depth), g->m), g->n, depth};
    }
    if (g->k > 200 && g->n >= 224) {
        return whole(g);
    }
    int rows = at_most(g->m, 32);
    int columns = (int)(limit / ((int64_t)rows * g->k) / 32 * 32);
    return columns > 0 ? (gemm_cut){rows, columns, g->k} : whole(g);
}

/* C = A^T B, whose elements are dot products: the kernel needs long ones and a small C. */
static gemm_cut cut_tn(const gemm_product *g, int limit)
{
    bool thin = g->m <= THIN;
    if (g->k < BLAS_IN_PLACE_DEPTH || (!thin && (g->k < 96 || g->k > 976 || g->n > 128))) {
        return whole(g);
    }
    int depth = thin ? equal_part(g->k, 976) : g->k;
    int rows = at_most(g->m, depth <= 512 ? 64 : 32);
    int columns = at_most(limit / ((int64_t)rows * depth), BLAS_IN_PLACE_OUTPUTS / rows) / 16 * 16;
    return columns > 0 ? (gemm_cut){rows, columns, depth} : whole(g);
}

static gemm_cut cut_tt(const gemm_product *g, int limit)
{
    (void)limit;
    return whole(g);
}

gemm_cut gemm_cut_of(const gemm_product *g, int limit)
{
    static gemm_cut (*const cuts[2][2])(const gemm_product *, int) = {
        [GEMM_N] = {[GEMM_N] = cut_nn, [GEMM_T] = cut_nt},
        [GEMM_T] = {[GEMM_N] = cut_tn, [GEMM_T] = cut_tt},
    };
    return cuts[g->transpose_a][g->transpose_b](g, limit);
}

gemm_product gemm_part(const gemm_product *g, const gemm_cut *size, int i, int j, int p)
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

bool gemm_is_in_place(const gemm_product *g, int limit)
{
    double work = (double)g->m * (double)g->n * (double)g->k;
    bool dots = g->transpose_a == GEMM_T && g->transpose_b == GEMM_N;
    bool suits =
        !dots || ((int64_t)g->m * g->n <= BLAS_IN_PLACE_OUTPUTS && g->k >= BLAS_IN_PLACE_DEPTH);
    return work == 0.0 || (suits && work <= (double)limit);
}
