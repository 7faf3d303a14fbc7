/*
 * A matrix is a view of elements that lie somewhere else: a data type, a shape and two strides. A
 * transposed matrix, a block of one, and weights stored as W^T are the same kind of view, so code
 * that takes a matrix does not ask how it is stored.
 */
#ifndef NNFS_MATH_MATRIX_H
#define NNFS_MATH_MATRIX_H

#include "base/dtype.h"

typedef struct matrix {
    void *data; /* element (0, 0) */
    dtype type;
    int rows, columns;
    ptrdiff_t row_stride,
        column_stride; /* in elements: (i, j) is at i row_stride + j column_stride */
} matrix;

/* A column-major float32 matrix without gaps. */
static inline matrix matrix_of(float *data, int rows, int columns)
{
    return (matrix){data, DTYPE_F32, rows, columns, 1, rows};
}

static inline matrix matrix_transpose(matrix m)
{
    return (matrix){m.data, m.type, m.columns, m.rows, m.column_stride, m.row_stride};
}

/* The elements of a float32 matrix from (row, column) on. */
static inline float *matrix_at(matrix m, int row, int column)
{
    return (float *)m.data + row * m.row_stride + column * m.column_stride;
}

static inline matrix matrix_block(matrix m, int row, int rows, int column, int columns)
{
    return (matrix){
        matrix_at(m, row, column), m.type, rows, columns, m.row_stride, m.column_stride};
}

#endif
