/*
 * Whole files in and out. Reading stops at a limit, so that an endless pipe or a huge file costs no
 * more than what was asked for; writing is durable: the file appears whole or not at all.
 */
#ifndef NNFS_BASE_FILE_H
#define NNFS_BASE_FILE_H

#include "base/status.h"

/*
 * Reads all of `path` into *bytes (freed by memory_free) and *count. A file of more than `limit`
 * bytes is an error of status DATA. Errors: IO, DATA, MEMORY.
 */
nnfs_status file_read(const char *path, size_t limit, unsigned char **bytes, size_t *count,
                      nnfs_error *error);

/* A file being written: bytes go to a temporary file beside `path` until file_write_commit. */
typedef struct file_writer {
    int descriptor;
    char *path;
    char *temporary;
} file_writer;

/*
 * Begins, appends to, and finishes a durable write: fsync, close, rename over the target, fsync of
 * the folder. On any error, and by file_write_abandon (which accepts a writer that failed or
 * committed), the temporary file is removed and the target is as it was. Errors: IO, MEMORY.
 */
nnfs_status file_write_begin(file_writer *writer, const char *path, nnfs_error *error);
nnfs_status file_write(file_writer *writer, const void *bytes, size_t count, nnfs_error *error);
nnfs_status file_write_commit(file_writer *writer, nnfs_error *error);
void file_write_abandon(file_writer *writer);

#endif
