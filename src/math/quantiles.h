/* Quantiles of numbers, and of the normal distribution. */
#ifndef NNFS_MATH_QUANTILES_H
#define NNFS_MATH_QUANTILES_H

#include <stddef.h>

/* Quantile `share` (0 .. 1) of sorted values [count], interpolated as NumPy does. */
double quantile_of(const float *sorted, size_t count, double share);

/*
 * Limits repeats among sorted values [count], in place, to one of `pieces` equal parts of what is
 * left: a value that fills several, such as the zeros of a column that is mostly zero, would leave
 * few quantiles to the others. Returns how many values are left.
 */
size_t quantile_spread(float *sorted, size_t count, int pieces);

/* x below which a share 0 < p < 1 of a standard normal distribution lies, to 1e-9 (Acklam 2003). */
double quantile_normal(double p);

#endif
