/* Loading what to train on, where the options may name columns of a table. */
#ifndef NNFS_TOOLS_TRAIN_TABLE_LOAD_H
#define NNFS_TOOLS_TRAIN_TABLE_LOAD_H

#include "common/table_options.h"

/*
 * nnfs_dataset_load with the options of tables. Where they name a column that is not there the file
 * is read again: for a name with commas in it, at which the list was cut, or for a name that is
 * nearly the one that was given, to be told at the end of the error's message.
 */
nnfs_status table_load(const char *path, const table_options *options, int threads,
                       nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error);

#endif
