/* Norms of rows and columns, in double. */
#include "gemm_vs_naive/comparison.h"

#include <stddef.h>
#include <string.h>

static double square(double x)
{
    return x * x;
}

static double other_of(const float *x, const float *other, ptrdiff_t at)
{
    return (double)(other ? other : x)[at];
}

/* Turns sums of squares into norms. |other| <= |x| + |x - other|. */
static void finish(norms *n, int count)
{
    for (int i = 0; i < count; i++) {
        n->difference[i] = sqrt(n->difference[i]);
        n->size[i] = sqrt(n->size[i]) + n->difference[i];
    }
}

void norms_of_rows(const float *x, const float *other, int rows, int columns, norms *n)
{
    memset(n, 0, sizeof *n);
    for (int j = 0; j < columns; j++) {
        for (int i = 0; i < rows; i++) {
            ptrdiff_t at = i + (ptrdiff_t)j * rows;
            n->size[i] += square((double)x[at]);
            n->difference[i] += square((double)x[at] - other_of(x, other, at));
        }
    }
    finish(n, rows);
}

void norms_of_columns(const float *x, const float *other, int rows, int columns, norms *n)
{
    memset(n, 0, sizeof *n);
    for (int j = 0; j < columns; j++) {
        for (int i = 0; i < rows; i++) {
            ptrdiff_t at = i + (ptrdiff_t)j * rows;
            n->size[j] += square((double)x[at]);
            n->difference[j] += square((double)x[at] - other_of(x, other, at));
        }
    }
    finish(n, columns);
}
