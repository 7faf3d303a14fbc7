/* What the readers of tables promise. */
#ifndef NNFS_TESTS_FUZZ_TABLE_CHECKS_H
#define NNFS_TESTS_FUZZ_TABLE_CHECKS_H

#include "table/table.h"

typedef nnfs_status table_reader(const char *path, const nnfs_dataset_settings *settings,
                                 data_table *table, nnfs_error *error);

/* Reads `path`: a table is whole, a failure leaves none. */
void check_table(table_reader *read, const char *path, const nnfs_dataset_settings *settings);

#endif
