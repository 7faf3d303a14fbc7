/* What the numbers to predict are like over the samples of a dataset, in their own units. */
#ifndef NNFS_DATA_STATISTICS_TARGET_STATS_H
#define NNFS_DATA_STATISTICS_TARGET_STATS_H

#include "data/dataset.h"

/* means and squares [target_count]: of each output its mean, and the sum of (y - mean)^2. */
void target_stats_measure(const nnfs_dataset *dataset, double *means, double *squares);

#endif
