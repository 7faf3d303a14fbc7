/* Counter-based random numbers over Random123's Philox. */
#include "base/random.h"

#include "base/vector.h"

#include <Random123/philox.h>

VECTOR_INLINE random_words draw(random_key key, uint32_t epoch, uint64_t sample, uint32_t unit)
{
    /* The 64-bit key holds the seed; the purpose shares a counter word with the epoch. */
    philox4x32_key_t philox_key = {{(uint32_t)key.seed, (uint32_t)(key.seed >> 32)}};
    philox4x32_ctr_t counter = {
        {unit, (uint32_t)sample, (uint32_t)(sample >> 32), epoch ^ ((uint32_t)key.purpose << 28)}};
    philox4x32_ctr_t drawn = philox4x32(counter, philox_key);
    random_words words = {{drawn.v[0], drawn.v[1], drawn.v[2], drawn.v[3]}};
    return words;
}

random_words random_draw(random_key key, uint32_t epoch, uint64_t sample, uint32_t unit)
{
    return draw(key, epoch, sample, unit);
}

VECTOR_CLONES
static void draw_run(random_key key, uint32_t epoch, uint64_t first, size_t count,
                     random_words *restrict words)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        words[i] = draw(key, epoch, first + i, 0);
    }
}

void random_draw_run(random_key key, uint32_t epoch, uint64_t first, size_t count,
                     random_words *words)
{
    draw_run(key, epoch, first, count, words);
}

VECTOR_CLONES
static void draw_units(random_key key, uint32_t epoch, uint64_t sample, uint32_t first,
                       size_t count, random_words *restrict words)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        words[i] = draw(key, epoch, sample, first + (uint32_t)i);
    }
}

void random_draw_units(random_key key, uint32_t epoch, uint64_t sample, uint32_t first,
                       size_t count, random_words *words)
{
    draw_units(key, epoch, sample, first, count, words);
}

void random_permutation(random_key key, uint32_t epoch, uint32_t *order, uint32_t count)
{
    random_words words = {{0}};
    for (uint32_t i = 0; i < count; i++) {
        if (i % 4 == 0) {
            words = random_draw(key, epoch, i / 4, 0);
        }
        uint32_t j = random_below(words.word[i % 4], i + 1);
        order[i] = order[j]; /* "inside-out": order[i] is filled here for the first time */
        order[j] = i;
    }
}
