/* Incomplete beta function by its continued fraction. */
#include "math/incomplete_beta.h"

#include <math.h>

/* log Gamma(x) for x > 0, by Stirling's series above 10: lgamma has a global for the sign. */
static double log_gamma(double x)
{
    double product = 1.0;
    while (x < 10.0) {
        product *= x;
        x += 1.0;
    }
    double r = 1.0 / (x * x);
    double series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
    return (x - 0.5) * log(x) - x + 0.91893853320467274 + series - log(product);
}

static double not_zero(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* The continued fraction 1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method. */
static double continued_fraction(double x, double a, double b)
{
    enum { TERMS_MOST = 100000 };
    double c = 1.0;
    double d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    double value = d;
    for (int m = 1; m < TERMS_MOST; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
        d = 1.0 / not_zero(1.0 + even * d);
        c = not_zero(1.0 + even / c);
        value *= c * d;
        d = 1.0 / not_zero(1.0 + odd * d);
        c = not_zero(1.0 + odd / c);
        value *= c * d;
        if (fabs(c * d - 1.0) < 1e-12) {
            break;
        }
    }
    return value;
}

double incomplete_beta(double x, double a, double b)
{
    if (x <= 0.0) {
        return 0.0;
    }
    if (x >= 1.0) {
        return 1.0;
    }
    double factor =
        exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    /* Which of the two fractions converges fast. */
    if (x < (a + 1.0) / (a + b + 2.0)) {
        return factor * continued_fraction(x, a, b) / a;
    }
    return 1.0 - factor * continued_fraction(1.0 - x, b, a) / b;
}
