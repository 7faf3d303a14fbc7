/* The incomplete beta function, from which the tails of the t and F distributions come. */
#ifndef NNFS_MATH_INCOMPLETE_BETA_H
#define NNFS_MATH_INCOMPLETE_BETA_H

/*
 * Regularised incomplete beta function I_x(a, b) for 0 <= x <= 1 and a, b > 0, to a relative error
 * of 1e-9 (Abramowitz and Stegun 1964, 26.5.8). Below the smallest double it is 0.
 */
double incomplete_beta(double x, double a, double b);

#endif
