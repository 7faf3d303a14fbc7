/*
 * Matrix products of packed operands, on the calling thread:
 *
 *     C = A B      or      C += A B        A [m x k], B [k x n], C [m x n]
 *
 * Operands are float32, or bfloat16 with float32 sums. Both are stored as 32-bit words: a float, or
 * two bfloat16 that are neighbours along k, the even one in the low half. d words make up the depth
 * k: d = k, or (k + 1) / 2.
 *
 * Layout of a packed operand: panels of `width` rows of A (GEMM_LANES) or columns of B
 * (GEMM_COLUMNS); word (i, p), i along m or n and p along the depth, is at
 *
 *     (i / width) * width * d + p * width + i % width
 *
 * so that panels of part of the rows, from a multiple of the width on, are gemm_panel_at() further.
 * An odd k is padded to an even one with a zero. The last panel has its full width in memory; rows
 * beyond the matrix may hold anything, as they reach no element of C.
 *
 * Order of summation: each element of C is a single chain over k, in float32, from 0 or from
 * its old value:
 *
 *     float32    c = fma(a[p], b[p], c)                                         p = 0 .. k - 1
 *     bfloat16   c = fma(a[p], b[p], fma(a[p + 1], b[p + 1], c))                p = 0, 2 .. k - 2
 *
 * so its bits depend on its row of A and its column of B alone: not on how C is cut into tiles, on
 * who computes them, nor on the instructions used. A product of two bfloat16 is exact in float32,
 * which is why the chain is the same with and without fused instructions; what is smaller than
 * 2^-126, as an operand, a product or a sum, counts as 0 with vdpbf16ps and may not elsewhere. In
 * float32 a CPU without FMA rounds the products.
 */
#ifndef NNFS_MATH_GEMM_PACKED_H
#define NNFS_MATH_GEMM_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Widths of the panels of A and of B. */
enum { GEMM_LANES = 32, GEMM_COLUMNS = 8 };

typedef enum gemm_dtype { GEMM_F32, GEMM_BF16 } gemm_dtype;

/* A word of either dtype. */
typedef uint32_t __attribute__((may_alias)) gemm_word;

/* Words that make up a depth of k elements. */
static inline int gemm_depth(gemm_dtype type, int k)
{
    return type == GEMM_BF16 ? k / 2 + k % 2 : k;
}

/* Words between the panels that begin at row (column) 0 and at `first`, a multiple of the width. */
static inline size_t gemm_panel_at(gemm_dtype type, int first, int k)
{
    return (size_t)first * (size_t)gemm_depth(type, k);
}

/* Words of a packed operand; they have to be aligned to 64 bytes. */
static inline size_t gemm_panel_words(gemm_dtype type, int width, int rows, int k)
{
    int padded = (rows + width - 1) / width * width;
    return gemm_panel_at(type, padded, k);
}

/* ---- Packing ---- */

/* How a column-major float32 matrix becomes panels. */
typedef enum gemm_axis {
    GEMM_PANEL_ROWS,    /* its rows run along the panels, k along its columns */
    GEMM_PANEL_COLUMNS, /* its columns run along the panels, k along its rows */
} gemm_axis;

typedef struct gemm_packing {
    gemm_dtype dtype;
    gemm_axis axis;
    int width; /* GEMM_LANES or GEMM_COLUMNS */
    int k;     /* of the whole operand */
} gemm_packing;

/*
 * Packs the block [rows x columns] of a matrix whose top left element is at (row, column) of that
 * matrix. Along the panels a block begins at a multiple of 16 (of the width, if that is less), and
 * ends at one or at the end of the matrix; along k, for bfloat16, at an even number. Blocks may be
 * packed in any order, by several threads.
 *
 * float32 to bfloat16 rounds to nearest even; a denormal becomes 0, a NaN a quiet one, what is
 * beyond the largest bfloat16 infinity: the same bits on every CPU.
 */
void gemm_pack(const gemm_packing *packing, const float *x, int ld, int row, int column, int rows,
               int columns, gemm_word *panels);

/* For tests: the same by plain loops, which CPUs without AVX-512 (for
 * bfloat16, AVX512_BF16) use. */
void gemm_pack_plain(const gemm_packing *packing, const float *x, int ld, int row, int column,
                     int rows, int columns, gemm_word *panels);

/* ---- Products ---- */

/*
 * B is read where it lies: packed, with gemm_b_packed(); or, as words, in any matrix that has k or
 * n contiguous: a column-major float32 [k x n] (depth 1, column ld), or its transpose, [n x k]
 * (depth ld, column 1).
 */
typedef struct gemm_b {
    const gemm_word *words;
    ptrdiff_t depth;  /* words from one p to the next */
    ptrdiff_t column; /* from one column to the next within GEMM_COLUMNS */
    ptrdiff_t panel;  /* from GEMM_COLUMNS columns to the next */
} gemm_b;

static inline gemm_b gemm_b_packed(gemm_dtype type, const gemm_word *panels, int k)
{
    gemm_b b = {panels, GEMM_COLUMNS, 1, (ptrdiff_t)gemm_panel_at(type, GEMM_COLUMNS, k)};
    return b;
}

static inline gemm_b gemm_b_in_place(const float *b, ptrdiff_t depth, ptrdiff_t column)
{
    gemm_b strided = {(const gemm_word *)(const void *)b, depth, column, GEMM_COLUMNS * column};
    return strided;
}

typedef struct gemm_packed {
    gemm_dtype dtype;
    int m, n, k;
    const gemm_word *a; /* panels of GEMM_LANES rows */
    gemm_b b;
    float *c; /* element (i, j) at i * c_row + j * c_column; one of the two is 1 */
    ptrdiff_t c_row;
    ptrdiff_t c_column;
    bool add; /* C += A B; else C is written without being read */
} gemm_packed;

void gemm_packed_run(const gemm_packed *product);

/*
 * The instructions that gemm_packed_run uses for a dtype on this CPU: "AVX512_BF16", "AVX-512",
 * "AVX2" or "plain". bfloat16 without the first is an emulation, slower than float32.
 */
const char *gemm_packed_instructions(gemm_dtype type);

/* For tests: how many kinds of instructions this CPU has for a dtype, and the product by
 * one of them. */
int gemm_packed_kernels(gemm_dtype type);
void gemm_packed_run_by(int kernel, const gemm_packed *product);

#endif
