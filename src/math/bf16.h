/*
 * bfloat16: the high half of a float32, rounded to nearest even. A denormal becomes 0, a NaN a
 * quiet one, what is beyond the largest bfloat16 infinity: the same bits on every CPU.
 */
#ifndef NNFS_MATH_BF16_H
#define NNFS_MATH_BF16_H

#include "base/vector.h"

#include <stddef.h>
#include <stdint.h>

/* The bits of a float32, rounded; the low half is 0. */
VECTOR_INLINE uint32_t bf16_nearest(uint32_t x)
{
    uint32_t nearest = (x + 0x7fffU + (x >> 16 & 1U)) & 0xffff0000U;
    uint32_t magnitude = x & 0x7fffffffU;
    nearest = magnitude < 0x00800000U ? x & 0x80000000U : nearest;
    return magnitude > 0x7f800000U ? (x | 0x00400000U) & 0xffff0000U : nearest;
}

/* Rounds x. */
void bf16_round(float *x, size_t count);

/* Adds x to sums, and rounds them. */
void bf16_add(const float *x, size_t count, float *sums);

/* Rounded floats as halves, and back. */
void bf16_pack(const float *x, size_t count, uint16_t *words);
void bf16_unpack(const uint16_t *words, size_t count, float *x);

#endif
