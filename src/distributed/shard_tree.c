/* The fixed binary tree over the shards of a batch. */
#include "distributed/shard_tree.h"

shard_range shard_range_of(int shards, int ranks, int rank)
{
    int first = (int)shard_begin(shards, ranks, rank);
    return (shard_range){first, (int)shard_begin(shards, ranks, rank + 1) - first};
}

int shard_owner(int shards, int ranks, int shard)
{
    int rank = 0;
    while (shard_begin(shards, ranks, rank + 1) <= shard) {
        rank++;
    }
    return rank;
}

int64_t shard_begin(int64_t samples, int shards, int shard)
{
    /* Not samples * shard / shards, which may overflow. */
    int64_t whole = samples / shards * shard;
    return whole + samples % shards * shard / shards;
}

static bool is_within(shard_range range, int shard, int count)
{
    return shard >= range.first && shard + count <= range.first + range.count;
}

void shard_tree_within(int shards, shard_range range, shard_add *add, void *user)
{
    for (int width = 1; width < shards; width *= 2) {
        for (int i = 0; i < shards; i += 2 * width) {
            if (is_within(range, i, 2 * width)) {
                add(user, i, i + width);
            }
        }
    }
}

void shard_tree_between(int shards, int ranks, shard_add *add, void *user)
{
    for (int width = 1; width < shards; width *= 2) {
        for (int i = 0; i < shards; i += 2 * width) {
            int owner = shard_owner(shards, ranks, i);
            if (!is_within(shard_range_of(shards, ranks, owner), i, 2 * width)) {
                add(user, i, i + width);
            }
        }
    }
}

bool shard_is_top(int shards, shard_range range, int shard)
{
    int width = 1; /* of the node that begins with the shard */
    while (width < shards && shard % (2 * width) == 0 && is_within(range, shard, 2 * width)) {
        width *= 2;
    }
    int pair = shard / (2 * width) * (2 * width);
    return width == shards || !is_within(range, pair, 2 * width);
}
