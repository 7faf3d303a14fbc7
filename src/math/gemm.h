/*
 * Every matrix product of the library is one call of
 *
 *     C = alpha op(A) op(B) + beta C        op(A) [m x k], op(B) [k x n], C [m x n], column-major
 *
 * on the calling thread alone, answered by a backend that is chosen when nnfs is built
 * (-Dgemm_backend). The naive loops are in every build: they are the oracle of the tests and the
 * other side of the benchmark.
 */
#ifndef NNFS_MATH_GEMM_H
#define NNFS_MATH_GEMM_H

#include "math/matrix.h"

#include <stdbool.h>

typedef enum gemm_transpose {
    GEMM_N, /* op(X) = X */
    GEMM_T, /* op(X) = X^T */
} gemm_transpose;

/* One product. The leading dimensions are those of the arrays as stored, before op. */
typedef struct gemm_product {
    gemm_transpose transpose_a;
    gemm_transpose transpose_b;
    int m, n, k;
    float alpha;
    const float *a; /* [m x k] or, transposed, [k x m] */
    int lda;
    const float *b; /* [k x n] or, transposed, [n x k] */
    int ldb;
    float beta; /* with 0, C is written without being read */
    float *c;   /* [m x n] */
    int ldc;
} gemm_product;

typedef struct gemm_backend {
    const char *name; /* "cblas", "naive" */
    void (*sgemm)(const gemm_product *product);
} gemm_backend;

extern const gemm_backend gemm_naive;

/* The backend this build was configured with. */
const gemm_backend *gemm_default(void);

/*
 * Computes the product with a backend. False, with C untouched, if the sizes make no
 * sense (one below 0, or a leading dimension shorter than its column): a BLAS would print
 * a line or write astray.
 */
bool gemm_run(const gemm_backend *backend, const gemm_product *product);

/*
 * C = A B + beta C for float32 matrices that have unit stride in one of their directions. False,
 * with C untouched, if one has not, or if the shapes do not agree.
 */
bool gemm_multiply(const gemm_backend *backend, matrix a, matrix b, float beta, matrix c);

#endif
