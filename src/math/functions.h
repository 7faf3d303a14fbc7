/*
 * The transcendental functions of the elementwise kernels, written so that a loop over them
 * becomes vector code: no branch, no table, no call. Being made of + - * / alone, they give
 * the same bits on every CPU and at every place in a loop, where a vector math library's
 * remainder loop would not.
 *
 * Errors against double, in units in the last place: exp and expm1 below 2, sigmoid and softplus 3,
 * tanh 4, normal_cdf 16 for x > -4 (its far tail is exp of a large, rounded argument; in absolute
 * terms it is within 1e-7 everywhere). NaN comes out as NaN, infinities as their limits; results
 * below 2^-125 may come out as 0. The polynomials were fitted by iteratively reweighted least
 * squares to the maximal relative error beside each.
 */
#ifndef NNFS_MATH_FUNCTIONS_H
#define NNFS_MATH_FUNCTIONS_H

#include "base/minmax.h"
#include "base/vector.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Adding this rounds to an integer, which then stands in the low bits: 1.5 * 2^23. */
#define ROUNDING_SHIFT 12582912.0f

/*
 * x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite: ln 2 in two parts, the first
 * with zeros below).
 */
typedef struct exp_parts {
    float shifted; /* n + ROUNDING_SHIFT */
    float expm1_r; /* exp(r) - 1 */
} exp_parts;

VECTOR_INLINE exp_parts reduce_exp(float x)
{
    float shifted = x * 1.44269504f + ROUNDING_SHIFT;
    float n = shifted - ROUNDING_SHIFT;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    /* exp(r) - 1 = r + r^2 q(r); 1.4e-8 */
    float q = 1.39475951e-3f;
    q = q * r + 8.36724695e-3f;
    q = q * r + 4.16662656e-2f;
    q = q * r + 1.66665375e-1f;
    q = q * r + 0.5f;
    exp_parts parts = {shifted, r + r * r * q};
    return parts;
}

/* 2^(n + offset), which must be a normal number, from n + ROUNDING_SHIFT. */
VECTOR_INLINE float power_of_two(float shifted, uint32_t offset)
{
    uint32_t bits = 0;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + offset + 127U) << 23;
    float power = 0.0f;
    memcpy(&power, &bits, sizeof power);
    return power;
}

VECTOR_INLINE float exp_of(float x)
{
    exp_parts parts = reduce_exp(x);
    /* Half the power, then twice: n reaches 128, and 2^128 is not a float. */
    float half = power_of_two(parts.shifted, (uint32_t)-1);
    float y = (half + half * parts.expm1_r) * 2.0f;
    y = x > 88.72283f ? INFINITY : y;
    return x < -86.6f ? 0.0f : y;
}

/* exp(x) - 1 without cancellation near 0, for x up to 80. */
VECTOR_INLINE float expm1_of(float x)
{
    float bounded = x < -40.0f ? -40.0f : x; /* where it is -1 already */
    exp_parts parts = reduce_exp(bounded);
    float power = power_of_two(parts.shifted, 0);
    return power * parts.expm1_r + (power - 1.0f);
}

VECTOR_INLINE float sigmoid_of(float x)
{
    return 1.0f / (1.0f + exp_of(-x));
}

/* tanh |x| = e / (e + 2) with e = exp(2 |x|) - 1; beyond 10 it is 1. */
VECTOR_INLINE float tanh_of(float x)
{
    float twice = 2.0f * fabsf(x);
    float e = expm1_of(MIN(20.0f, twice));
    return copysignf(e / (e + 2.0f), x);
}

/* log(1 + exp(x)) = max(x, 0) + log1p(u), u = exp(-|x|); log1p(u) = 2 atanh(s), s = u / (2 + u). */
VECTOR_INLINE float log1p_exp_of(float x)
{
    float u = exp_of(-fabsf(x));
    float s = u / (2.0f + u);
    float w = s * s;
    /* 2 atanh(s) = 2 s + s w p(w); 9.1e-9 */
    float p = 2.80312806e-1f;
    p = p * w + 2.79978633e-1f;
    p = p * w + 4.00217712e-1f;
    p = p * w + 6.66664124e-1f;
    float log1p_u = 2.0f * s + s * w * p;
    return MAX(0.0f, x) + log1p_u;
}

/*
 * The normal distribution function Phi(x) = erfc(-x / sqrt 2) / 2, from its small tail: with
 * z = |x| / sqrt 2, erfc(z) = exp(-z^2) p(t), t = 1 / (1 + 0.4 z) (the form of Abramowitz and
 * Stegun 7.1.26, with a longer polynomial; 3.2e-8).
 */
VECTOR_INLINE float normal_cdf_of(float x)
{
    float z = fabsf(x) * 0.707106781f;
    float t = 1.0f / (1.0f + 0.4f * z);
    float p = 2.96612848e-2f;
    p = p * t - 7.98873156e-2f;
    p = p * t - 5.18660290e-2f;
    p = p * t + 2.60394335e-1f;
    p = p * t - 5.60854673e-2f;
    p = p * t + 2.62117743e-1f;
    p = p * t + 1.79606363e-1f;
    p = p * t + 2.30899751e-1f;
    p = p * t + 2.25135699e-1f;
    p = p * t + 2.37572385e-5f;
    float tail = 0.5f * exp_of(-0.5f * x * x) * p;
    return x < 0.0f ? tail : 1.0f - tail;
}

/* The normal density phi(x) = exp(-x^2 / 2) / sqrt(2 pi). */
VECTOR_INLINE float normal_density_of(float x)
{
    return 0.398942280f * exp_of(-0.5f * x * x);
}

#endif
