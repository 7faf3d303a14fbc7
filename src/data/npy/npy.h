/*
 * NPY, NumPy's file of one array: [samples, ...], the first index counting the samples. Values of C
 * order stay as they are stored, whatever their type, in memory or in the mapped file; those of Fortran
 * order are transposed and become float32.
 */
#ifndef NNFS_DATA_NPY_NPY_H
#define NNFS_DATA_NPY_NPY_H

#include "table/table.h"

/*
 * npy_read, which lets a file's values take half of the machine's memory, with a limit of the caller's:
 * what needs more bytes is mapped, where the file isn't gzip. Errors: those of npy_read.
 */
nnfs_status npy_read_within(const char *path, const nnfs_dataset_settings *settings, size_t limit,
                            data_table *table, nnfs_error *error);

#endif
