/* The categories of a column, out of the workers' dictionaries. */
#ifndef NNFS_DATA_CSV_CSV_CATEGORIES_H
#define NNFS_DATA_CSV_CSV_CATEGORIES_H

#include "data/csv/csv.h"

/*
 * Fills the column's categories. Of the dictionaries, `slots` alone is left: the category of each
 * of their texts. Errors: DATA (too many), MEMORY.
 */
nnfs_status csv_sort_categories(const csv_reader *reader, int column, nnfs_error *error);

#endif
