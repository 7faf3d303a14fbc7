/* Data that come from a pipe, as a file: readers look at a file more than once. */
#ifndef NNFS_TOOLS_COMMON_SPOOL_H
#define NNFS_TOOLS_COMMON_SPOOL_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

/* Whether data of this name are the standard input ("-", /dev/stdin), a pipe or a socket. */
bool is_stream(const char *data);

/*
 * Copies the stream to a temporary file in ${TMPDIR:-/tmp} that has no name and goes with the
 * process; `path`, in fresh memory, leads to it. Errors: IO, MEMORY.
 */
nnfs_status spool(const char *data, char **path, nnfs_error *error);

#endif
