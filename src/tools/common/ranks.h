/*
 * A tool as one rank of an MPI job: rank 0 alone speaks and writes files, the others
 * compute with it.
 */
#ifndef NNFS_TOOLS_COMMON_RANKS_H
#define NNFS_TOOLS_COMMON_RANKS_H

#include <nnfs/nnfs.h>

/*
 * Joins the job of the launcher that started the tool; NULL without one. From here on the
 * other ranks than 0 print nothing, and an early end of this rank is known to all. Exits if
 * MPI does not start.
 */
nnfs_communicator *ranks_join(void);

/* The threads of a rank where the user names none: its part of the CPUs that it shares with others
 * of its host; 0: as one process has. */
int ranks_threads(const nnfs_communicator *communicator);

/* The default number of shards: the ranks, rounded up to a power of two. */
int ranks_shards(const nnfs_communicator *communicator);

/* data_path for a rank: what rank 0 finds, another may look for in vain, and takes as it is
 * called. Errors: those of data_path. */
nnfs_status ranks_data_path(const char *data, char **path, nnfs_error *error);

/* Rank 0's format of the data of the job, for a rank that does not see them; NULL: it does. Called
 * by all ranks before they load; later calls return the same. */
const char *ranks_format(const char *data);

/* Ends the rank: with all others, or at once, and all of them, if one is lost. */
void ranks_leave(nnfs_communicator *communicator, int status);

#endif
