/*
 * Products in parts: OpenBLAS's AVX-512 kernels compute a small product from A and B where they
 * lie, instead of packing them first. What is too large for that is cut into parts that are not,
 * where this is the faster way.
 */
#ifndef NNFS_MATH_GEMM_CUT_H
#define NNFS_MATH_GEMM_CUT_H

#include "math/gemm.h"

/* Block size of C, rows x columns, and the depth of the slices of the inner dimension. */
typedef struct gemm_cut {
    int rows, columns, depth;
} gemm_cut;

/*
 * Whether the kernels that compute up to `limit` multiply-adds in place (blas_in_place_limit) take
 * the product as it is; and an empty one, which asks for nothing but beta C.
 */
bool gemm_is_in_place(const gemm_product *g, int limit);

/* How a larger one is best cut for them; into one part where packing it is the faster way. */
gemm_cut gemm_cut_of(const gemm_product *g, int limit);

/* The part whose block of C begins at row i and column j, from depth p on. */
gemm_product gemm_part(const gemm_product *g, const gemm_cut *size, int i, int j, int p);

#endif
