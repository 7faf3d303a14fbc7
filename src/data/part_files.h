/* A folder of part files: one table in several CSV or NPY files, in the order of their names. */
#ifndef NNFS_DATA_PART_FILES_H
#define NNFS_DATA_PART_FILES_H

#include "base/status.h"
#include "base/string_list.h"

#include <stdbool.h>

typedef struct part_files {
    const char *format; /* "csv" or "npy"; NULL: no part files */
    char **paths;       /* see base/string_list.h; sorted by name, freed by string_list_free */
    int count;
} part_files;

/*
 * Lists the files of `folder` called *.csv, *.tsv or *.npy, maybe with .gz; names that begin with a
 * dot or an underscore are left out, and so are CSV files without a byte. A path that is no folder
 * is a list of itself, with the format NULL. Errors: IO, MEMORY, DATA (both formats).
 */
nnfs_status part_files_list(const char *folder, part_files *found, nnfs_error *error);

/* Whether the name ends like this, with .gz behind or without, in any case. */
bool is_named(const char *name, const char *ending);

#endif
