/* Normally distributed numbers from uniform words, in double and in bulk. */
#ifndef NNFS_MATH_NORMAL_H
#define NNFS_MATH_NORMAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Turns words[count] into as many independent standard normal numbers, each from its pair of words
 * (count is even), with the same bits on every CPU. The errors are below two units in the last
 * place of the pair's larger number.
 */
void normal_fill(const uint32_t *words, size_t count, double *numbers);

#endif
