/*
 * Screening: which columns of a table have anything to do with its targets, each by itself. With
 * thousands of columns and few samples a network learns by heart from the others.
 */
#ifndef NNFS_DATA_STATISTICS_COLUMN_SCREENING_H
#define NNFS_DATA_STATISTICS_COLUMN_SCREENING_H

#include "data/dataset.h"

/*
 * Leaves columns out of a preprocessing that was fitted to the dataset and laid out, and lays it
 * out again. Those that stay have false ones among them at the rate 0 < rate < 1, on average
 * (Benjamini and Hochberg 1995, with p-values of F tests between inputs and targets); if none is
 * significant, the one with the smallest p-value stays. Errors: MEMORY, and those of
 * nnfs_dataset_prepare.
 */
nnfs_status column_screening(const nnfs_dataset *dataset, double rate,
                             nnfs_preprocessing *preprocessing, nnfs_error *error);

#endif
