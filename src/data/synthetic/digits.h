/*
 * Handwritten-looking digits, drawn by the program itself: what is learnt from where no files are
 * given. An image is a function of (seed, index) alone, computed with + - * / and square roots
 * only, so that it is the same, bit for bit, on every machine.
 */
#ifndef NNFS_DATA_SYNTHETIC_DIGITS_H
#define NNFS_DATA_SYNTHETIC_DIGITS_H

#include <stdint.h>

enum {
    DIGITS_SIDE = 28,
    DIGITS_PIXELS = DIGITS_SIDE * DIGITS_SIDE,
    DIGITS_CLASSES = 10,
    DIGITS_TRAIN = 60000, /* images 0 .. 59,999 of a seed; the test set follows */
    DIGITS_TEST = 10000,
};

/* Which figure image `index` shows: they take turns, so any run of images is balanced. */
static inline int32_t digits_label(uint64_t index)
{
    return (int32_t)(index % DIGITS_CLASSES);
}

/* Draws image `index`, row by row from the top, 0 for paper and 255 for ink. */
void digits_draw(uint64_t seed, uint64_t index, uint8_t pixels[DIGITS_PIXELS]);

/*
 * Draws `count` images from `first` on, one after another, with `threads` threads (0 is all); the
 * same for any number.
 */
void digits_draw_run(uint64_t seed, uint64_t first, int64_t count, int threads, uint8_t *pixels);

#endif
