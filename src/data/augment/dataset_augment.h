/* Augmentation of a dataset's samples: what training and nnfs_dataset_augmented_sample
 * do to one. */
#ifndef NNFS_DATA_AUGMENT_DATASET_AUGMENT_H
#define NNFS_DATA_AUGMENT_DATASET_AUGMENT_H

#include "data/augment/augment.h"
#include "data/dataset.h"

/* For the pictures of that dataset. Errors: ARGUMENT, DATA (a value for each pixel
 * is missing), MEMORY. */
nnfs_status dataset_augment_create(const nnfs_dataset *dataset, const char *specification,
                                   uint64_t seed, augment **made, nnfs_error *error);

/* Floats of scratch that dataset_augment_fetched needs; the scratch begins on a cache line. */
size_t dataset_augment_floats(const nnfs_dataset *dataset, const augment *what);

/* A sample as dataset_fetch left it. */
typedef struct fetched_sample {
    float *x;       /* [inputs] in and out */
    float *targets; /* [targets] in and out, where the dataset has them */
    /* Out: the label's share of the target, and the label that has the rest. */
    float share;
    int32_t partner;
} fetched_sample;

/* Distorts sample `index` of the dataset in its place. See augment_apply and augment_partner. */
void dataset_augment_fetched(const nnfs_dataset *dataset, const augment *what, uint32_t epoch,
                             int64_t index, fetched_sample *sample, float *scratch);

#endif
