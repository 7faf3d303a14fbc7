/* The kernels of packed products: one tile of C, by the instructions of one kind. */
#ifndef NNFS_MATH_GEMM_MICRO_H
#define NNFS_MATH_GEMM_MICRO_H

#include "math/gemm_packed.h"

/*
 * A tile of C, [GEMM_LANES x GEMM_COLUMNS] in memory, of which `rows` x `columns` are wanted; the
 * kernel may leave out others.
 */
typedef struct gemm_tile {
    int depth; /* words */
    int rows, columns;
    const float *a; /* words, [depth][GEMM_LANES] */
    const float *b; /* words */
    ptrdiff_t b_depth, b_column;
    float *c;
    ptrdiff_t ldc;
    bool add; /* to C; else C is not read */
} gemm_tile;

typedef struct gemm_micro {
    const char *instructions;
    bool (*is_supported)(void);
    void (*run[2])(const gemm_tile *tile); /* for a packed B; for one in place */
} gemm_micro;

/* For each dtype, the fastest first; the last one runs anywhere. */
enum { GEMM_MICROS = 4 };
extern const gemm_micro gemm_micros[2][GEMM_MICROS];

#endif
