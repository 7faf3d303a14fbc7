/* bfloat16. */
#include "math/bf16.h"

#include <string.h>

VECTOR_INLINE float nearest_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = bf16_nearest(bits);
    memcpy(&x, &bits, sizeof x);
    return x;
}

VECTOR_CLONES
static void round_floats(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        x[i] = nearest_of(x[i]);
    }
}

void bf16_round(float *x, size_t count)
{
    round_floats(x, count);
}

VECTOR_CLONES
static void add_rounded(const float *restrict x, size_t count, float *restrict sums)
{
    for (size_t i = 0; i < count; i++) {
        sums[i] = nearest_of(sums[i] + x[i]);
    }
}

void bf16_add(const float *x, size_t count, float *sums)
{
    add_rounded(x, count, sums);
}

VECTOR_CLONES
static void take_high_halves(const float *restrict x, size_t count, uint16_t *restrict words)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        words[i] = (uint16_t)(bits >> 16);
    }
}

void bf16_pack(const float *x, size_t count, uint16_t *words)
{
    take_high_halves(x, count, words);
}

VECTOR_CLONES
static void put_high_halves(const uint16_t *restrict words, size_t count, float *restrict x)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)words[i] << 16;
        memcpy(&x[i], &bits, sizeof bits);
    }
}

void bf16_unpack(const uint16_t *words, size_t count, float *x)
{
    put_high_halves(words, count, x);
}
