/* Sample weights: how much each sample counts in training. Their mean over a dataset is 1. */
#ifndef NNFS_DATA_SAMPLE_WEIGHTS_H
#define NNFS_DATA_SAMPLE_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* Multiplies the weights by what makes their mean 1. False, and no change, if all of them are 0. */
bool weights_normalise(float *weights, int64_t count);

#endif
