/* Sums. */
#ifndef NNFS_MATH_SUMS_H
#define NNFS_MATH_SUMS_H

#include <stddef.h>

/* Adds each row's sum of D [rows x columns], column by column, to sums [rows]. */
void add_row_sums(const float *d, size_t rows, size_t columns, float *sums);

#endif
