/*
 * NPY, NumPy's file of one array: [samples, ...], the first index counting the samples. Values of C
 * order keep their stored type, in memory or in the mapped file; those of Fortran
 * order are transposed and become float32.
 */
#ifndef NNFS_DATA_NPY_NPY_H
#define NNFS_DATA_NPY_NPY_H

#include "data/npy/npy_header.h"
#include "data/part_files.h"
#include "table/table.h"

/*
 * npy_read, which lets a file's values take half of the machine's memory, with a limit of the
 * caller's: what needs more bytes is mapped, where the file isn't gzip. Errors: those of npy_read.
 */
nnfs_status npy_read_within(const char *path, const nnfs_dataset_settings *settings, size_t limit,
                            data_table *table, nnfs_error *error);

/* The table of a file without its values: columns, rows, and the type that npy_read gives them.
 * Errors: those of npy_read. */
nnfs_status npy_read_shape(const char *path, data_table *table, nnfs_error *error);

/* Reads the files of a folder as one array: their rows, file after file. Errors:
 * those of npy_read. */
nnfs_status npy_read_parts(const char *folder, part_files *files,
                           const nnfs_dataset_settings *settings, data_table *table,
                           nnfs_error *error);

/* npy_read of an open stream. */
nnfs_status npy_read_stream(input_stream *from, const char *path,
                            const nnfs_dataset_settings *settings, size_t limit, data_table *table,
                            nnfs_error *error);

/* A text array: the column's cells become categories. `values` [rows x text_bytes]. */
nnfs_status npy_read_texts(const npy_header *header, const unsigned char *values, data_table *table,
                           nnfs_error *error);

/*
 * NPZ, a zip file of arrays: reads the array called by settings->arrays[0], or x, X, data
 * or x_train; and, into table->targets, that of the targets, if it is there. Errors:
 * those of npy_read.
 */
nnfs_status npz_read(const char *path, const nnfs_dataset_settings *settings, data_table *table,
                     nnfs_error *error);

#endif
