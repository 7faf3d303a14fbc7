/* Whether a dataset has targets, and how many samples its classes have. */
#include "data/dataset.h"

int nnfs_dataset_has_targets(const nnfs_dataset *dataset)
{
    return dataset->parts.labels || dataset->parts.targets;
}

void nnfs_dataset_class_samples(const nnfs_dataset *dataset, int64_t *counts)
{
    for (int i = 0; i < dataset->parts.classes; i++) {
        counts[i] = 0;
    }
    for (int64_t i = 0; dataset->parts.labels && i < dataset->samples; i++) {
        counts[dataset->parts.labels[dataset_row(dataset, i)]]++;
    }
}
