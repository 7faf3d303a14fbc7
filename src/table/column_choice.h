/* What each column of a table is for, and where its targets are. */
#ifndef NNFS_TABLE_COLUMN_CHOICE_H
#define NNFS_TABLE_COLUMN_CHOICE_H

#include "table/table.h"

typedef struct table_choice {
    data_table *table; /* its columns' uses are set */
    const nnfs_dataset_settings *settings;
    data_table apart;         /* the targets, where they have a file of their own */
    const data_table *holder; /* of the targets: `apart` or `table`; NULL without targets */
    int *targets;             /* [target_count] columns of the holder */
    int target_count;
    int weight; /* column of the weights, -1 */
} table_choice;

/*
 * Chooses by the settings, or as the model has it that they are to be like; reads the targets' own
 * file. To be freed also on failure. Errors: ARGUMENT, IO, DATA, MEMORY.
 */
nnfs_status table_choose(data_table *table, const nnfs_dataset_settings *settings, table_choice *c,
                         nnfs_error *error);
void table_choice_free(table_choice *c);

#endif
