/*
 * The files of a source, for the ranks of a job: those that all see are compared, and what only
 * rank 0 and some others see is sent to the rest, once to each host.
 */
#ifndef NNFS_DATA_RANK_FILES_H
#define NNFS_DATA_RANK_FILES_H

#include "data/part_files.h"
#include "distributed/communicator.h"

typedef struct rank_files {
    const char *source; /* what a reader opens here: the caller's path, or one in `folder` */
    char *copy;         /* that path; NULL: the caller's */
    char *folder;       /* of links to the files that came from rank 0; NULL: none came */
    char *shown;        /* what messages say in its place */
    char **links;       /* [count] */
    int *descriptors;   /* [count] of files without a name; -1: none */
    int count;
} rank_files;

/* Whether a rank does not see a source: the others may have it. */
bool rank_files_are_missing(const char *source);

/*
 * Called by all ranks with the path of the same source. `files` lists its files, and `format` is
 * how they are read, where the rank sees them; rank 0 does. Errors: DATA (a rank sees other
 * files than rank 0), IO, MEMORY.
 */
nnfs_status rank_files_open(const char *source, const part_files *files, const char *format,
                            nnfs_communicator *c, rank_files *opened, nnfs_error *error);

/* Puts the caller's path in the place of the copy's. */
void rank_files_rename(const rank_files *opened, nnfs_error *error);

/* Removes the links; what was mapped stays. {0} is fine. */
void rank_files_close(rank_files *opened);

#endif
