/*
 * Whole files in and out. Reading goes piece by piece, so that a reader can refuse a file by its
 * head; writing is durable: the file appears whole or not at all.
 */
#ifndef NNFS_BASE_FILE_H
#define NNFS_BASE_FILE_H

#include "base/status.h"

#include <stdbool.h>

/* A regular file being read from its beginning on, or bytes in memory. */
typedef struct file_reader {
    int descriptor;
    const char *path;           /* the caller's; of memory, what messages call it */
    size_t size;                /* bytes in the file when it was opened */
    const unsigned char *bytes; /* in memory that are still to be read; NULL: a file */
    size_t left;
} file_reader;

/*
 * Begin reading, read the next `count` bytes, and end (also after an error). DATA if `path` is not
 * a regular file, or the file ends before `count` bytes. Errors: IO, DATA.
 */
nnfs_status file_read_begin(file_reader *reader, const char *path, nnfs_error *error);
void file_read_begin_memory(file_reader *reader, const char *name, const void *bytes, size_t count);
nnfs_status file_read_next(file_reader *reader, void *bytes, size_t count, nnfs_error *error);
void file_read_end(file_reader *reader);

/* DATA if `path` is a regular file that Git LFS has left in the place of another. */
nnfs_status file_check_pointer(const char *path, nnfs_error *error);

/* A file being written: bytes go to a temporary file beside `path` until
 * file_write_commit. Or memory. */
typedef struct file_writer {
    int descriptor;
    char *path;
    char *temporary;
    bool in_memory;
    unsigned char *bytes; /* [room], of which the first `count` are written */
    size_t count, room;
} file_writer;

/*
 * Begins, appends to, and finishes a durable write: fsync, close, rename over the target, fsync of
 * the folder. On any error, and by file_write_abandon (which accepts a writer that failed or
 * committed), the temporary file is removed and the target is as it was. A file that replaces
 * another keeps its permissions; a symbolic link is replaced, so that a folder somebody else made
 * leads nowhere: follow it with realpath where it should be followed. A target that is there and is
 * not a regular file (a device, a folder) is never replaced. Errors: IO, MEMORY.
 */
nnfs_status file_write_begin(file_writer *writer, const char *path, nnfs_error *error);
nnfs_status file_write_begin_memory(file_writer *writer, const char *name, nnfs_error *error);
nnfs_status file_write(file_writer *writer, const void *bytes, size_t count, nnfs_error *error);
nnfs_status file_write_commit(file_writer *writer, nnfs_error *error);
void file_write_abandon(file_writer *writer);

/* All four: writes a file of `count` bytes. Errors: IO, MEMORY. */
nnfs_status file_write_all(const char *path, const void *bytes, size_t count, nnfs_error *error);

/* After a commit to memory: the bytes, which are the caller's and freed by free(). */
unsigned char *file_write_take(file_writer *writer, size_t *count);

/*
 * Lets `path` name the file `from` too, in the place of what it named before; where there are no
 * hard links, it becomes a copy. As durable as a write. Errors: IO, MEMORY.
 */
nnfs_status file_link(const char *from, const char *path, nnfs_error *error);

#endif
