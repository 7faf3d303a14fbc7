/* Samples of two classes in the order of their scores, the highest first. */
#ifndef NNFS_TRAINING_RANKING_H
#define NNFS_TRAINING_RANKING_H

#include "base/status.h"

#include <stdbool.h>

typedef struct ranking {
    /* of the samples of class 0, then of class 1, each ascending like their scores */
    uint32_t *keys;
    int64_t zeros, ones;
    int64_t zeros_left, ones_left;
    bool ordered; /* no score is NaN */
} ranking;

/* Freed by ranking_free, also after a failure. Errors: MEMORY. */
nnfs_status ranking_create(const float *scores, const int32_t *labels, int64_t samples,
                           ranking *made, nnfs_error *error);
void ranking_free(ranking *ranked);

/* Moves to the next lower score, and counts its samples in; false behind the last. */
bool ranking_next(ranking *ranked, nnfs_threshold *level);

/* TP / (TP + FP); 0 where that is 0 / 0 */
double threshold_precision(const nnfs_threshold *at);

#endif
