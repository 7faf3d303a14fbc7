/*
 * Gathering: the columns of a batch are converted and scaled as they are copied, so that the first
 * product finds plain float32 columns next to each other.
 */
#ifndef NNFS_DATA_GATHER_H
#define NNFS_DATA_GATHER_H

#include "data/dataset.h"

/*
 * Copies `count` samples into x [features x count], column-major without gaps: those from `first` on, in the
 * order in which `order` [samples] lists all of them, or where it is NULL in the dataset's own. The first
 * samples after them are prefetched: whoever gathers a whole batch goes through it in this order.
 */
void gather_features(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                     int64_t count, float *x);

/*
 * Likewise the targets: labels [count] of classes, or numbers [target_count x count], as a network learns
 * them, or in their own units.
 */
void gather_labels(const nnfs_dataset *dataset, const uint32_t *order, int64_t first, int64_t count,
                   int32_t *labels);
void gather_targets(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                    int64_t count, float *targets);
void gather_own_targets(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                        int64_t count, float *targets);

/* Likewise the weights [count] of a dataset that has them. */
void gather_weights(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                    int64_t count, float *weights);

/* One sample as it is stored, whatever a network sees of it: row [parts.feature_count]. */
void gather_stored(const nnfs_dataset *dataset, int64_t index, float *row);

#endif
