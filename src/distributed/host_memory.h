/*
 * Memory for samples that the ranks of a host share: each of them writes its own part, and then all
 * read all of it. Between hosts the parts are sent. It is anonymous memory, or, beyond half of what
 * the machine has, a file without a name, see base/spool_file.h.
 */
#ifndef NNFS_DISTRIBUTED_HOST_MEMORY_H
#define NNFS_DISTRIBUTED_HOST_MEMORY_H

#include "distributed/communicator.h"

#include <stdint.h>

typedef struct host_memory {
    void *mapping; /* of `bytes`; unmapped by its owner */
    size_t bytes;
    /* [ranks] the rank whose memory each one maps; -1: none; NULL: a process alone */
    int *holders;
} host_memory;

/* Bytes that one rank wrote. */
typedef struct host_range {
    size_t at, bytes;
    int rank;
} host_range;

/*
 * Makes or maps the memory, zeroed. Called by all ranks of `c` with the same size; NULL: for this
 * process alone. Errors: MEMORY, IO.
 */
nnfs_status host_memory_create(nnfs_communicator *c, size_t bytes, host_memory *made,
                               nnfs_error *error);

/*
 * The same for the ranks of `c` that want it, all of which have the first one's of their host, and
 * its file in *descriptor, which they close; the others have no mapping of it and -1.
 */
nnfs_status host_memory_of_some(nnfs_communicator *c, size_t bytes, bool wanted, host_memory *made,
                                int *descriptor, nnfs_error *error);

/* All ranks have written, and list who wrote what: afterwards each host has all. Errors: IO. */
nnfs_status host_memory_share(nnfs_communicator *c, const host_memory *memory,
                              const host_range *ranges, size_t count, nnfs_error *error);

/* Frees the list of holders; the mapping too unless it was taken (set to NULL). */
void host_memory_free(host_memory *memory);

/* Whether `bytes` are too many for memory: more than half of what this process may use. */
bool host_memory_is_large(size_t bytes);

#endif
