/* Which columns of a table are those that a preprocessing was fitted on. */
#ifndef NNFS_DATA_TABLE_MATCH_H
#define NNFS_DATA_TABLE_MATCH_H

#include "data/table.h"

typedef struct table_match {
    int *features; /* [preprocessing's columns]; -1 for one that is not there, nor needed */
    int *targets;  /* [preprocessing's targets]; -1 where they are not in this file */
    bool has_targets;
} table_match;

/*
 * By names, or by places where either side has none; the targets may be missing, all of them. Errors:
 * DATA, MEMORY; the match is then {0}.
 */
nnfs_status table_match_like(const data_table *table, const nnfs_preprocessing *like,
                             table_match *match, nnfs_error *error);
void table_match_free(table_match *match);

/* Like table_find. Errors: DATA (no such column). */
nnfs_status table_require(const data_table *table, const char *which, int *column,
                          nnfs_error *error);

#endif
