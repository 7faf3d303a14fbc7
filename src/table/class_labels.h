/* The classes of a target column: what they are called, and which one each row has. */
#ifndef NNFS_TABLE_CLASS_LABELS_H
#define NNFS_TABLE_CLASS_LABELS_H

#include "table/table.h"

typedef struct table_classes {
    char **names; /* [count], from memory_alloc_zeroed, each from malloc */
    int count;
    nnfs_column_kind kind;
} table_classes;

/* Most distinct numbers that NNFS_TASK_AUTO takes for classes, */
#define TABLE_CLASSES_GUESSED 20
/* and most classes that NNFS_TASK_CLASSES allows. */
#define TABLE_CLASSES_MOST 100000

/*
 * Whether numbers y [rows] (NaN: missing) look like classes: whole, at most TABLE_CLASSES_GUESSED
 * different ones, of which each stands there twice in the mean.
 */
bool table_looks_like_classes(const float *y, int64_t rows);

/*
 * The classes among the cells y [rows] of a target column, ascending (of categories, as they are).
 * Errors: DATA (too many), MEMORY; *classes is then {0}.
 */
nnfs_status table_classes_find(const data_table *table, int column, const float *y, int64_t rows,
                               table_classes *classes, nnfs_error *error);

/*
 * labels [rows]: the class of each cell, 0 for a missing one. Errors: DATA (a cell that is none of
 * the classes; the message names it), MEMORY.
 */
nnfs_status table_classes_label(const data_table *table, int column, const float *y, int64_t rows,
                                const table_classes *classes, int32_t *labels, nnfs_error *error);

void table_classes_free(table_classes *classes);

#endif
