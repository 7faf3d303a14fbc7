/* Tables for networks without preprocessing, as imports are: numbers that they take as they are. */
#ifndef NNFS_TOOLS_COMMON_PLAIN_TABLE_H
#define NNFS_TOOLS_COMMON_PLAIN_TABLE_H

#include <nnfs/nnfs.h>

/* Copies of the cells; `dataset` is a view of them. */
typedef struct plain_table {
    float *features; /* [inputs x samples] */
    float *targets;  /* [outputs x samples] numbers, or NULL */
    int32_t *labels; /* [samples] classes, or NULL */
    nnfs_dataset *dataset;
    int has_targets; /* 0: they are all 0 */
} plain_table;

/*
 * Reads a table of as many columns as the network has inputs, or has the targets behind them or in
 * the file of settings->targets_path: a column of class numbers, or one of numbers for each output.
 * To be freed also on failure. Errors: IO, DATA (another number of columns; a cell that is missing
 * or no number), MEMORY.
 */
nnfs_status plain_table_load(const char *path, const nnfs_dataset_settings *settings,
                             const nnfs_network *network, plain_table *table, nnfs_error *error);
void plain_table_free(plain_table *table);

#endif
