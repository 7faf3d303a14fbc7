/*
 * The reader table: what nnfs_dataset_load can load. A new format is one row and one function.
 */
#ifndef NNFS_DATA_READER_H
#define NNFS_DATA_READER_H

#include "data/dataset.h"
#include "data/part_files.h"

#include <stdbool.h>

/* Like nnfs_dataset_load, with the settings resolved and both outputs wanted and set to NULL. */
typedef nnfs_status reader_load(const char *source, const nnfs_dataset_settings *settings,
                                nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error);

/* Lists the files that the source is read from; freed by string_list_free. Errors: those of
 * part_files_list. */
typedef nnfs_status reader_list(const char *source, part_files *files, nnfs_error *error);

enum { SOURCE_HEAD_BYTES = 512 };

/* What a source is told by: its name, and its first bytes where it is a file. */
typedef struct source_head {
    const char *name;
    bool folder;
    const char *parts; /* of a folder of part files: their format */
    unsigned char bytes[SOURCE_HEAD_BYTES];
    size_t count;
} source_head;

typedef struct data_reader {
    const char *name; /* of --format */
    bool (*claims)(const source_head *source);
    reader_load *load;
    reader_list *list; /* NULL: it has no files */
} data_reader;

reader_load digits_load;
reader_load idx_load;
reader_list idx_list;

#endif
