/*
 * The batch: samples as a network takes them. One function fills it for every kind of dataset:
 * stored bytes become floats, rows of a table are encoded, targets are scaled.
 */
#ifndef NNFS_DATA_BATCH_H
#define NNFS_DATA_BATCH_H

#include "data/dataset.h"

/* Room for n samples each; NULL: not wanted. */
typedef struct sample_batch {
    int64_t n;
    float *x;        /* [inputs x n], or some rows of it: */
    int feature;     /* the first one, which x points at */
    int features;    /* 0: all from there on */
    float *scratch;  /* [inputs], where there are others and the dataset encodes its samples */
    int32_t *labels; /* [n] */
    float *targets;  /* [targets x n] */
    float *weights;  /* [n] */
} sample_batch;

/*
 * Fills the batch with n samples of the dataset from `first` on, in the order given (NULL: as they
 * are stored). Labels, targets and weights that the dataset does not have are set to NULL.
 */
void dataset_fetch(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                   sample_batch *to);

/* Whether samples have classes, or numbers; whether they count differently. */
static inline bool dataset_has_labels(const nnfs_dataset *dataset)
{
    return dataset->storage.labels != NULL;
}

static inline bool dataset_has_targets(const nnfs_dataset *dataset)
{
    return dataset->storage.targets != NULL;
}

static inline bool dataset_has_weights(const nnfs_dataset *dataset)
{
    return dataset->weights != NULL;
}

/* Targets of samples as they are stored, not scaled: [targets x count]. */
void dataset_fetch_own_targets(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                               int64_t count, float *targets);

/* The stored values of one sample, as floats: [columns of the table, or features]. */
void dataset_fetch_stored(const nnfs_dataset *dataset, int64_t index, float *row);

#endif
