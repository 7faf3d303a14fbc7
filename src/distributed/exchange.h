/*
 * Sums over the shards of all ranks, by the tree of shard_tree.h. Each rank has added up
 * its own nodes before; these go to the ranks that add them up further. Made once: an
 * exchange allocates nothing.
 *
 * A gradient is added up in buckets, each as soon as it is begun, by a thread of the exchange's
 * own, while the rank computes what comes next. The bucket with the largest number is wanted first,
 * by the next forward pass: others send their sums after it. Each rank adds up a slice of all
 * ranks' nodes, and then sends it to all: a float goes to another rank twice, for any number of
 * ranks.
 */
#ifndef NNFS_DISTRIBUTED_EXCHANGE_H
#define NNFS_DISTRIBUTED_EXCHANGE_H

#include "distributed/communicator.h"
#include "distributed/shard_tree.h"

#include <pthread.h>
#include <stdint.h>

/* Floats of a gradient, one after the other. */
typedef struct gradient_range {
    size_t first, count;
} gradient_range;

/* Where a bucket stands. */
typedef enum bucket_stage {
    BUCKET_IDLE,       /* not begun, or done */
    BUCKET_SCATTERING, /* the nodes of its slices are on their way to the ranks that add them up */
    BUCKET_ADDED,      /* its slice here waits until more urgent buckets are done */
    BUCKET_GATHERING,  /* the sums of its slices are on their way to all ranks */
} bucket_stage;

typedef struct gradient_bucket {
    gradient_range range;
    bucket_stage stage;
    size_t first, count; /* of the slice that this rank adds up */
    float *sum;          /* the gradient that takes the sums */
    float *slices;       /* [shards of others x slice] nodes of the slice */
    uint16_t *outgoing;  /* rounded: nodes and slices as they are sent, else NULL */
    uint16_t *incoming;  /* and as they come */
    int nodes_coming;
    float **nodes; /* [shards] the slice of each node */
    message *sent, *received;
    transfer *messages;
} gradient_bucket;

typedef struct exchange {
    nnfs_communicator *communicator;
    int shards, ranks, rank;
    shard_range range; /* of this rank */
    size_t sums_most;  /* doubles that are added up at a time, at most */
    bool *tops;        /* [shards] whether a rank has a node there to send */
    double *sums;      /* [shards x sums_most] */
    message *sent, *received;
    gradient_bucket *buckets; /* [bucket_count] */
    int bucket_count;
    bool rounded; /* the nodes of the tree are bfloat16 */

    /* The thread that looks after buckets; the mutex is held by what changes one. */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t begun;
    int under_way; /* buckets */
    bool has_thread, ending;
} exchange;

/* For gradients in `buckets`; `rounded` ones and each sum of two are bfloat16, and travel so. Freed
 * by exchange_free, also after a failure. Errors: MEMORY. */
nnfs_status exchange_create(exchange *made, nnfs_communicator *communicator, int shards,
                            const gradient_range *buckets, int bucket_count, size_t sums_most,
                            bool rounded, nnfs_error *error);
void exchange_free(exchange *e);

/* From a node's first shard here, counted in all shards, to its sums. */
typedef double *exchange_sums_at(void *user, int shard);

/*
 * Adds up `count` doubles of each node of all ranks: every rank has the result, which lies at the
 * sums of its first shard. False: a rank is lost.
 */
bool exchange_sums(exchange *e, exchange_sums_at *at, void *user, size_t count);

/*
 * Begins to add up a bucket of gradients, leaves[shard - range.first], and waits until leaves[0]
 * has the sum. Ranks begin the buckets in any order; between the two calls the bucket is not
 * touched. False: a rank is lost.
 */
bool exchange_begin(exchange *e, int bucket, float *const *leaves);
bool exchange_end(exchange *e, int bucket);

/* Waits for all buckets that were begun. */
void exchange_end_all(exchange *e);

#endif
