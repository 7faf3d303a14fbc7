/* A file of results that appears whole or not at all; or stdout. */
#ifndef NNFS_TOOLS_COMMON_OUTPUT_FILE_H
#define NNFS_TOOLS_COMMON_OUTPUT_FILE_H

#include <nnfs/nnfs.h>

#include <stdio.h>

typedef struct output_file {
    FILE *stream;
    char *path;      /* where it will be, behind all links; NULL: it is stdout */
    char *temporary; /* where it is until then */
} output_file;

/* Begins to write; `path` NULL or "-" is stdout. Errors: IO, MEMORY. */
nnfs_status output_open(const char *path, output_file *file, nnfs_error *error);

/* Writes the file to the disk and renames it to `path`, which stays as it was on an
 * error. Errors: IO. */
nnfs_status output_commit(output_file *file, nnfs_error *error);

/* Lets go of it, and of what was written if it was not committed. */
void output_discard(output_file *file);

#endif
