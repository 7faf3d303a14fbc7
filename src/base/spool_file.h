/*
 * A file without a name, in $TMPDIR or /var/tmp, for what is too large for memory: it is written
 * from front to back and then mapped, and the system keeps in memory what fits.
 */
#ifndef NNFS_BASE_SPOOL_FILE_H
#define NNFS_BASE_SPOOL_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct spool_file {
    int descriptor;
    bool open;
    size_t bytes; /* that were written */
} spool_file;

/* $TMPDIR, or /var/tmp. */
const char *spool_folder(void);

/* A descriptor of a new file there; -1 and errno on failure. */
int spool_descriptor(void);

/* Makes the file. Errors: IO. */
nnfs_status spool_open(spool_file *made, nnfs_error *error);

/* Writes behind all that was written. Errors: IO. */
nnfs_status spool_write(spool_file *spool, const void *data, size_t bytes, nnfs_error *error);

/* Maps the first `bytes` of the file, which may be more than were written: the rest is zero. The
 * caller unmaps them. Errors: IO, MEMORY. */
nnfs_status spool_map(const spool_file *spool, size_t bytes, void **mapping, nnfs_error *error);

/* Closes the file; what is mapped stays. {0} is fine. */
void spool_close(spool_file *spool);

#endif
