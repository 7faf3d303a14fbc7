/* Which columns of a table are those that a preprocessing was fitted on. */
#ifndef NNFS_TABLE_COLUMN_MATCH_H
#define NNFS_TABLE_COLUMN_MATCH_H

#include "table/table.h"

typedef struct column_match {
    int *features; /* [preprocessing's columns]; -1 for one that is not there, nor needed */
    int *targets;  /* [preprocessing's targets]; -1 where they are not in this file */
    bool has_targets;
} column_match;

/*
 * By names, or by places where either side has none; the targets may be missing, all of them.
 * Errors: DATA, MEMORY; the match is then {0}.
 */
nnfs_status column_match_create(const data_table *table, const nnfs_preprocessing *like,
                                column_match *match, nnfs_error *error);
void column_match_free(column_match *match);

/* Like table_find. Errors: DATA (no such column). */
nnfs_status table_require(const data_table *table, const char *which, int *column,
                          nnfs_error *error);

#endif
