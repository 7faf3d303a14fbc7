/* Sums. */
#include "math/sums.h"

#include "base/vector.h"

VECTOR_CLONES
static void add_columns(const float *restrict d, size_t rows, size_t columns, float *restrict sums)
{
    for (size_t j = 0; j < columns; j++, d += rows) {
#pragma omp simd
        for (size_t i = 0; i < rows; i++) {
            sums[i] += d[i];
        }
    }
}

void add_row_sums(const float *d, size_t rows, size_t columns, float *sums)
{
    add_columns(d, rows, columns, sums);
}
