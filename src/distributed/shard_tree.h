/*
 * The fixed binary tree over the shards of a batch. Neighbours are added in pairs, then the sums of
 * pairs, and so on: always the left one plus the right one, so a sum has the same bits whichever
 * rank adds a pair. A node lies where its first leaf was.
 */
#ifndef NNFS_DISTRIBUTED_SHARD_TREE_H
#define NNFS_DISTRIBUTED_SHARD_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* Some shards, one after the other. */
typedef struct shard_range {
    int first, count;
} shard_range;

/* The shards of a rank: all have equally many, or one more. */
shard_range shard_range_of(int shards, int ranks, int rank);

/* The rank that has a shard. */
int shard_owner(int shards, int ranks, int shard);

/* The first sample of a shard; that of shard `shards` is `samples`. */
int64_t shard_begin(int64_t samples, int shards, int shard);

/* Adds node `from` to node `to`. */
typedef void shard_add(void *user, int to, int from);

/* The additions whose leaves all are in the range, level by level. */
void shard_tree_within(int shards, shard_range range, shard_add *add, void *user);

/* The additions that are left when each rank has made its own: of nodes of two or more ranks. */
void shard_tree_between(int shards, int ranks, shard_add *add, void *user);

/* Whether a rank that has made its own additions has a sum at this shard that goes
 * into another one. */
bool shard_is_top(int shards, shard_range range, int shard);

#endif
