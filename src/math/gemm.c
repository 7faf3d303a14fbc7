/* Checks the arguments of a product, then calls the backend. */
#include "math/gemm.h"
#include "base/minmax.h"

#include <limits.h>

extern const gemm_backend gemm_cblas;

const gemm_backend *gemm_default(void)
{
    return &GEMM_DEFAULT; /* set by -Dgemm_backend */
}

static bool is_transpose(gemm_transpose transpose)
{
    return transpose == GEMM_N || transpose == GEMM_T;
}

/* Checks a leading dimension: at least `rows`, and at least 1 for an empty matrix. */
static bool fits(int rows, int ld)
{
    return rows >= 0 && ld >= MAX(rows, 1);
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

/* How BLAS reads a matrix: as stored in columns, or as the transpose of what is
 * stored in columns. */
typedef struct stored {
    gemm_transpose transpose;
    int ld; /* 0: in neither way */
} stored;

static bool is_ld(ptrdiff_t stride, int rows)
{
    return stride >= MAX(rows, 1) && stride <= INT_MAX;
}

static stored stored_as(matrix m)
{
    if (m.row_stride == 1 && is_ld(m.column_stride, m.rows)) {
        return (stored){GEMM_N, (int)m.column_stride};
    }
    if (m.column_stride == 1 && is_ld(m.row_stride, m.columns)) {
        return (stored){GEMM_T, (int)m.row_stride};
    }
    if (m.columns == 1 && m.row_stride == 1) {
        return (stored){GEMM_N, MAX(m.rows, 1)};
    }
    return (stored){GEMM_N, 0};
}

bool gemm_multiply(const gemm_backend *backend, matrix a, matrix b, float beta, matrix c)
{
    stored result = stored_as(c);
    if (result.transpose == GEMM_T) { /* C^T = B^T A^T */
        matrix left = matrix_transpose(b);
        b = matrix_transpose(a);
        a = left;
        c = matrix_transpose(c);
    }
    stored left = stored_as(a);
    stored right = stored_as(b);
    if (a.columns != b.rows || c.rows != a.rows || c.columns != b.columns || left.ld == 0 ||
        right.ld == 0 || result.ld == 0) {
        return false;
    }
    const gemm_product product = {
        .transpose_a = left.transpose,
        .transpose_b = right.transpose,
        .m = c.rows,
        .n = c.columns,
        .k = a.columns,
        .alpha = 1.0f,
        .a = a.data,
        .lda = left.ld,
        .b = b.data,
        .ldb = right.ld,
        .beta = beta,
        .c = c.data,
        .ldc = result.ld,
    };
    return gemm_run(backend, &product);
}
