/* What makes a dataset of a table. */
#ifndef NNFS_DATA_TABLE_DATASET_H
#define NNFS_DATA_TABLE_DATASET_H

#include "data/dataset.h"

/*
 * The dataset that the settings ask for. The table is used up, in success and in failure. Errors:
 * ARGUMENT, DATA, MEMORY.
 */
nnfs_status table_dataset(data_table *table, const nnfs_dataset_settings *settings,
                          nnfs_dataset **dataset, nnfs_error *error);

#endif
