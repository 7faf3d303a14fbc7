/* Where datasets are looked for, and whether what a run will write can be written. */
#ifndef NNFS_TOOLS_COMMON_PATHS_H
#define NNFS_TOOLS_COMMON_PATHS_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

/*
 * What to load for DATA, in fresh memory: the word "digits" and paths as they are; a copy of "-",
 * the standard input, and of pipes; a bare name from $NNFS_DATA, data/,
 * ${XDG_DATA_HOME:-~/.local/share}/nnfs, the current folder or /usr/share/datasets, in this order.
 * Errors: IO (nowhere; the message says where it looked and what is nearest), MEMORY.
 */
nnfs_status data_path(const char *data, char **path, nnfs_error *error);

/* Whether two paths lead to one file, or would if it were there. */
bool is_same_file(const char *left, const char *right);

/*
 * Whether `path` (NULL and "-", the standard output, are fine) can be written later, without
 * touching it: a regular file or none yet, in a folder that is there and takes the temporary file
 * of a save. Errors: IO, MEMORY.
 */
nnfs_status check_model_path(const char *path, nnfs_error *error);
/* Checks a file that is written in place: it may be a pipe or a device. */
nnfs_status check_log_path(const char *path, nnfs_error *error);

#endif
