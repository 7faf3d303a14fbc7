/*
 * Box and Muller 1958, with a logarithm, a sine and a cosine that become vector code like those of
 * math/functions.h. They need to be right for the arguments of this one use, and no others.
 */
#include "math/normal.h"

#include "base/vector.h"

#include <math.h>
#include <string.h>

/*
 * log u for u in 2^-32 .. 1: u = 2^k (1 + f) with 1 + f in 0.71 .. 1.42, s = f / (2 + f),
 * log(1 + f) = 2 atanh s = f - s (f - r), r = 2 (s^2 / 3 + s^4 / 5 + ...).
 */
VECTOR_INLINE double log_of(double u)
{
    const uint64_t one = 0x3ff0000000000000U;
    const uint64_t root_half = 0x3fe6a09e667f3bcdU;
    const double ln2_high = 0x1.62e42fee00000p-1; /* times k exact */
    const double ln2_low = 0x1.a39ef35793c76p-33;
    uint64_t bits = 0;
    memcpy(&bits, &u, sizeof bits);
    uint64_t power = (bits + (one - root_half)) & 0xfff0000000000000U;
    uint64_t rest = bits + (one - power);
    double m = 0.0;
    memcpy(&m, &rest, sizeof m);
    double k = (double)(int)(power >> 52) - 1023.0;
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double w = s * s;
    double r = 2.0 / 23.0;
    r = r * w + 2.0 / 21.0;
    r = r * w + 2.0 / 19.0;
    r = r * w + 2.0 / 17.0;
    r = r * w + 2.0 / 15.0;
    r = r * w + 2.0 / 13.0;
    r = r * w + 2.0 / 11.0;
    r = r * w + 2.0 / 9.0;
    r = r * w + 2.0 / 7.0;
    r = r * w + 2.0 / 5.0;
    r = r * w + 2.0 / 3.0;
    r = r * w;
    return k * ln2_high + (f - (s * (f - r) - k * ln2_low));
}

/* The Taylor series, for |x| <= pi / 4. */
VECTOR_INLINE double sine_near_0(double x)
{
    double w = x * x;
    double p = 1.0 / 355687428096000.0; /* 1 / 17! */
    p = p * w - 1.0 / 1307674368000.0;
    p = p * w + 1.0 / 6227020800.0;
    p = p * w - 1.0 / 39916800.0;
    p = p * w + 1.0 / 362880.0;
    p = p * w - 1.0 / 5040.0;
    p = p * w + 1.0 / 120.0;
    p = p * w - 1.0 / 6.0;
    return x + x * (w * p);
}

VECTOR_INLINE double cosine_near_0(double x)
{
    double w = x * x;
    double p = -1.0 / 6402373705728000.0; /* 1 / 18! */
    p = p * w + 1.0 / 20922789888000.0;
    p = p * w - 1.0 / 87178291200.0;
    p = p * w + 1.0 / 479001600.0;
    p = p * w - 1.0 / 3628800.0;
    p = p * w + 1.0 / 40320.0;
    p = p * w - 1.0 / 720.0;
    p = p * w + 1.0 / 24.0;
    double half = 0.5 * w;
    double high = 1.0 - half;
    return high + (((1.0 - high) - half) + w * w * p);
}

/* The two numbers of a pair of words. */
VECTOR_INLINE void normal_pair(uint32_t first, uint32_t second, double *x, double *y)
{
    const double quarter_high = 0x1.921fb54400000p+0; /* pi / 2 in two parts */
    const double quarter_low = 0x1.0b4611a626331p-34;
    double radius = sqrt(-2.0 * log_of(((double)first + 1.0) * 0x1p-32)); /* of (0, 1] */
    double angle = 0x1.921fb54442d18p+2 * ((double)second * 0x1p-32);
    int quarter = (int)(second >> 30) + (int)(second >> 29 & 1); /* the nearest, 0 .. 4 */
    double around = (angle - quarter * quarter_high) - quarter * quarter_low;
    double sine = sine_near_0(around);
    double cosine = cosine_near_0(around);
    double c = quarter & 1 ? sine : cosine;
    double s = quarter & 1 ? cosine : sine;
    *x = radius * ((quarter + 1) & 2 ? -c : c);
    *y = radius * (quarter & 2 ? -s : s);
}

VECTOR_CLONES
static void fill_pairs(const uint32_t *restrict words, size_t pairs, double *restrict numbers)
{
#pragma omp simd
    for (size_t i = 0; i < pairs; i++) {
        normal_pair(words[2 * i], words[2 * i + 1], &numbers[2 * i], &numbers[2 * i + 1]);
    }
}

void normal_fill(const uint32_t *words, size_t count, double *numbers)
{
    fill_pairs(words, count / 2, numbers);
}
