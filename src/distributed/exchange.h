/*
 * Sums over the shards of all ranks, by the tree of shard_tree.h. Each rank has added up its own nodes before;
 * these go to the ranks that add them up further. Made once: an exchange allocates nothing.
 */
#ifndef NNFS_DISTRIBUTED_EXCHANGE_H
#define NNFS_DISTRIBUTED_EXCHANGE_H

#include "distributed/communicator.h"
#include "distributed/shard_tree.h"

typedef struct exchange {
    nnfs_communicator *communicator;
    int shards, ranks, rank;
    shard_range range; /* of this rank */
    size_t floats;     /* of a gradient */
    size_t sums_most;  /* doubles that are added up at a time, at most */
    bool *tops;        /* [shards] whether a rank has a node there to send */
    double *sums;      /* [shards x sums_most] */
    float *slices;     /* [shards of others x slice] nodes of the slice that this rank adds up */
    float **nodes;     /* [shards] the slice of each node */
    message *sent, *received;
} exchange;

/* For gradients of `floats` floats. Freed by exchange_free, also after a failure. Errors: MEMORY. */
nnfs_status exchange_create(exchange *made, nnfs_communicator *communicator, int shards,
                            size_t floats, size_t sums_most, nnfs_error *error);
void exchange_free(exchange *e);

/* From a node's first shard here, counted in all shards, to its sums. */
typedef double *exchange_sums_at(void *user, int shard);

/*
 * Adds up `count` doubles of each node of all ranks: every rank has the result, which lies at the sums of its
 * first shard. False: a rank is lost.
 */
bool exchange_sums(exchange *e, exchange_sums_at *at, void *user, size_t count);

/*
 * The same for gradients, leaves[shard - range.first]. Each rank adds up a slice of all ranks' nodes, and then
 * sends it to all: a float goes to another rank twice, however many there are.
 */
bool exchange_gradient(exchange *e, float *const *leaves);

#endif
