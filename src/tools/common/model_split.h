/* The splits that training made of its data, had again by the seed and the shares that
 * a model notes. */
#ifndef NNFS_TOOLS_COMMON_MODEL_SPLIT_H
#define NNFS_TOOLS_COMMON_MODEL_SPLIT_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

/* Notes of a model; the seed is that of the training settings. */
#define NOTE_TEST_SHARE       "test_share"
#define NOTE_VALIDATION_SHARE "validation_share"
#define NOTE_SAMPLES_HASH     "samples_hash"

/*
 * Hash of samples with their targets, in their order. Of a table it takes the cells of the columns
 * that the preprocessing reads: the same for the file trained on, however its other columns were
 * read. Errors: MEMORY.
 */
nnfs_status samples_hash(const nnfs_dataset *data, const nnfs_preprocessing *preprocessing,
                         uint64_t *hash, nnfs_error *error);

/* NULL: there is no such split. */
typedef struct model_splits {
    nnfs_dataset *train, *test, *validation;
} model_splits;

/*
 * Splits `all` as the training of the network did. *same: its training split are the samples
 * that the network was trained on, and else there are no splits; also without one that was held
 * out. Errors: MEMORY.
 */
nnfs_status model_split(const nnfs_network *network, const nnfs_dataset *all, model_splits *splits,
                        bool *same, nnfs_error *error);
void model_splits_free(model_splits *splits);

#endif
