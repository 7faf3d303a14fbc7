/* Quantiles. */
#include "math/quantiles.h"

#include <math.h>

double quantile_of(const float *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < count ? below + 1 : below;
    double part = at - (double)below;
    return (1.0 - part) * (double)sorted[below] + part * (double)sorted[above];
}

/* Keeps at most `most` of each value; returns how many are left. */
static size_t limit_repeats(float *sorted, size_t count, size_t most)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (left < most || sorted[left - most] != sorted[i]) {
            sorted[left++] = sorted[i];
        }
    }
    return left;
}

size_t quantile_spread(float *sorted, size_t count, int pieces)
{
    size_t before = 0;
    while (before != count) {
        before = count;
        count = limit_repeats(sorted, count, count / (size_t)pieces + 1);
    }
    return count;
}

static double polynomial(const double *coefficients, int count, double x)
{
    double sum = coefficients[0];
    for (int i = 1; i < count; i++) {
        sum = sum * x + coefficients[i];
    }
    return sum;
}

/* Rational approximations of the middle and of the lower tail. */
static double approximate(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01, 1.0};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00, 1.0};
    if (p < 0.02425) {
        double q = sqrt(-2.0 * log(p));
        return polynomial(c, 6, q) / polynomial(d, 5, q);
    }
    double q = p - 0.5;
    double r = q * q;
    return q * polynomial(a, 6, r) / polynomial(b, 6, r);
}

double quantile_normal(double p)
{
    if (p > 0.5) {
        return -quantile_normal(1.0 - p);
    }
    double x = approximate(p);
    /* One step of Halley's method. */
    double e = 0.5 * erfc(-x / 1.4142135623730951) - p;
    double u = e * 2.5066282746310002 * exp(x * x / 2.0);
    return x - u / (1.0 + x * u / 2.0);
}
