/*
 * IDX, the format of MNIST: 00 00, a type, a rank, that many big-endian u32 sizes, then the values,
 * big-endian, the first size counting the samples. uint8 values stay as they are and are seen as
 * 0 .. 1; all other types become float32 and are seen as they are.
 */
#ifndef NNFS_DATA_IDX_IDX_H
#define NNFS_DATA_IDX_IDX_H

#include "data/dataset.h"

/* Whether the folder has a file with one of MNIST's names. */
bool idx_is_folder(const char *folder);

/* Whether the file begins as an IDX file does. Errors: IO, DATA, MEMORY. */
nnfs_status idx_check(const char *path, nnfs_error *error);

/*
 * Reads a file of samples (rank 1 to 8; a sample's values become its features in their order) and
 * the file of their labels (rank 1, an integer type). The classes are 0 to the largest label there
 * is; where `like` is not NULL, its classes, and its features are wanted too: a test set goes with
 * its training set. Samples of the ranks of `c` are in memory once a host; NULL: of this process.
 * On failure *storage is left alone. Errors: IO, DATA, MEMORY.
 */
nnfs_status idx_read_pair(const char *images, const char *labels, const dataset_storage *like,
                          nnfs_communicator *c, dataset_storage *storage, nnfs_error *error);

/*
 * Reads a folder with MNIST's names, train- and t10k-, or one file of images with its labels beside
 * it, which becomes *train. What is not there keeps 0 samples, at least one is; the arrays belong
 * to the caller. On failure both are empty. Errors: IO (also for half a pair), DATA (also for a
 * folder without any), MEMORY.
 */
nnfs_status idx_read(const char *path, nnfs_communicator *c, dataset_storage *train,
                     dataset_storage *test, nnfs_error *error);

#endif
