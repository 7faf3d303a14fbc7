/*
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011), from Random123. A draw is a function of (seed, purpose, epoch, sample, unit)
 * and of nothing else: any thread can compute any draw, and there is no state to save.
 */
#ifndef NNFS_BASE_RANDOM_H
#define NNFS_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a draw is for: one seed gives unrelated numbers to each. Values are fixed, because runs
 * depend on them.
 */
typedef enum random_purpose {
    RANDOM_WEIGHTS = 1, /* initial weights: epoch = layer, sample = group of four elements */
    RANDOM_ORDER = 2,   /* of the samples in an epoch: sample = group of four places */
    RANDOM_SPLIT = 3,   /* which samples are held out; epoch = 0 */
    RANDOM_DIGITS = 4,  /* drawn digits: sample = image, unit = draw */
    RANDOM_DROPOUT = 5, /* of units: sample = sample, unit = layer and group of eight units */
    RANDOM_AUGMENT = 6, /* distortions: unit = number of the augmentation << 20 | draw */
    RANDOM_NOISE = 7,   /* on units: sample = sample, unit = layer and group of four units */
    RANDOM_SHUFFLE = 8, /* of a column: epoch = repeat, sample = group of four places */
    RANDOM_INPUTS = 30, /* embeddings and members' factors: epoch = tensor, sample as of weights */
} random_purpose;

typedef struct random_key {
    uint64_t seed;
    random_purpose purpose;
} random_key;

/* Four independent uniform 32-bit words. */
typedef struct random_words {
    uint32_t word[4];
} random_words;

random_words random_draw(random_key key, uint32_t epoch, uint64_t sample, uint32_t unit);

/* words[i] = random_draw(key, epoch, first + i, 0) for i = 0 .. count - 1, several at a time. */
void random_draw_run(random_key key, uint32_t epoch, uint64_t first, size_t count,
                     random_words *words);

/* words[i] = random_draw(key, epoch, sample, first + i) for i = 0 .. count - 1, several
 * at a time. */
void random_draw_units(random_key key, uint32_t epoch, uint64_t sample, uint32_t first,
                       size_t count, random_words *words);

/* A word as a float in [0, 1), with 24 bits. */
static inline float random_unit(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

/*
 * A word as an integer in [0, bound), bound > 0, by multiplication (Lemire 2019, without rejection:
 * the bias is below bound / 2^32).
 */
static inline uint32_t random_below(uint32_t word, uint32_t bound)
{
    return (uint32_t)(((uint64_t)word * bound) >> 32);
}

/* Fills order[0 .. count) with a random permutation of 0 .. count-1 (Fisher-Yates). */
void random_permutation(random_key key, uint32_t epoch, uint32_t *order, uint32_t count);

#endif
