/* Sums over the shards of all ranks. */
#include "distributed/exchange.h"

#include "base/memory.h"
#include "math/sums.h"

#include <stdlib.h>
#include <string.h>

/* ---- Slices ---- */

typedef struct slice {
    size_t first, count;
} slice;

/* The floats that a rank adds up; whole cache lines, except at the end. */
static slice slice_of(const exchange *e, int rank)
{
    size_t lines = (e->floats + MEMORY_LINE_FLOATS - 1) / MEMORY_LINE_FLOATS;
    size_t first = lines * (size_t)rank / (size_t)e->ranks * MEMORY_LINE_FLOATS;
    size_t end = lines * (size_t)(rank + 1) / (size_t)e->ranks * MEMORY_LINE_FLOATS;
    end = end < e->floats ? end : e->floats;
    return (slice){first, end > first ? end - first : 0};
}

/* ---- Making and freeing ---- */

nnfs_status exchange_create(exchange *made, nnfs_communicator *communicator, int shards,
                            size_t floats, size_t sums_most, nnfs_error *error)
{
    int ranks = nnfs_communicator_size(communicator);
    int rank = nnfs_communicator_rank(communicator);
    *made = (exchange){.communicator = communicator,
                       .shards = shards,
                       .ranks = ranks,
                       .rank = rank,
                       .range = shard_range_of(shards, ranks, rank),
                       .floats = floats,
                       .sums_most = sums_most};
    size_t others = (size_t)(shards - made->range.count);
    size_t slices = size_mul(others, slice_of(made, rank).count);
    size_t messages = (size_t)shards * (size_t)ranks + (size_t)ranks;
    made->tops = calloc((size_t)shards, sizeof *made->tops);
    made->sums = memory_alloc(size_mul((size_t)shards, sums_most), sizeof(double));
    made->slices = memory_alloc(slices, sizeof(float));
    made->nodes = calloc((size_t)shards, sizeof *made->nodes);
    made->sent = calloc(messages, sizeof *made->sent);
    made->received = calloc(messages, sizeof *made->received);
    if (!made->tops || !made->sums || !made->slices || !made->nodes || !made->sent ||
        !made->received) {
        return fail_memory(error, size_mul(slices, sizeof(float)), "messages between the ranks");
    }
    for (int i = 0; i < shards; i++) {
        int owner = shard_owner(shards, ranks, i);
        made->tops[i] = shard_is_top(shards, shard_range_of(shards, ranks, owner), i);
    }
    return NNFS_OK;
}

void exchange_free(exchange *e)
{
    free(e->tops);
    memory_free(e->sums);
    memory_free(e->slices);
    free(e->nodes);
    free(e->sent);
    free(e->received);
    *e = (exchange){0};
}

static bool is_own(const exchange *e, int shard)
{
    return shard >= e->range.first && shard < e->range.first + e->range.count;
}

/* ---- Doubles ---- */

typedef struct sums_of_nodes {
    double *sums;
    size_t count;
} sums_of_nodes;

static void add_doubles(void *user, int to, int from)
{
    const sums_of_nodes *nodes = user;
    double *sum = nodes->sums + (size_t)to * nodes->count;
    const double *other = nodes->sums + (size_t)from * nodes->count;
    for (size_t i = 0; i < nodes->count; i++) {
        sum[i] += other[i];
    }
}

bool exchange_sums(exchange *e, exchange_sums_at *at, void *user, size_t count)
{
    int sent = 0;
    int received = 0;
    for (int i = 0; i < e->shards; i++) {
        double *node = e->sums + (size_t)i * count;
        if (e->tops[i] && !is_own(e, i)) {
            e->received[received++] =
                (message){shard_owner(e->shards, e->ranks, i), node, count * sizeof *node};
        }
        if (!e->tops[i] || !is_own(e, i)) {
            continue;
        }
        memcpy(node, at(user, i), count * sizeof *node);
        for (int rank = 0; rank < e->ranks; rank++) {
            if (rank != e->rank) {
                e->sent[sent++] = (message){rank, node, count * sizeof *node};
            }
        }
    }
    if (!communicator_exchange(e->communicator, e->sent, sent, e->received, received)) {
        return false;
    }
    shard_tree_between(e->shards, e->ranks, add_doubles, &(sums_of_nodes){e->sums, count});
    memcpy(at(user, e->range.first), e->sums, count * sizeof *e->sums);
    return true;
}

/* ---- Gradients ---- */

static void add_slices(void *user, int to, int from)
{
    const exchange *e = user;
    add_row_sums(e->nodes[from], slice_of(e, e->rank).count, 1, e->nodes[to]);
}

/* Each rank gets the nodes of its slice. */
static bool scatter(exchange *e, float *const *leaves)
{
    slice own = slice_of(e, e->rank);
    int sent = 0;
    int received = 0;
    for (int i = 0; i < e->shards; i++) {
        if (e->tops[i] && !is_own(e, i)) {
            e->nodes[i] = e->slices + (size_t)received * own.count;
            e->received[received++] = (message){shard_owner(e->shards, e->ranks, i), e->nodes[i],
                                                own.count * sizeof(float)};
        }
        if (!e->tops[i] || !is_own(e, i)) {
            continue;
        }
        float *leaf = leaves[i - e->range.first];
        e->nodes[i] = leaf + own.first;
        for (int rank = 0; rank < e->ranks; rank++) {
            slice theirs = slice_of(e, rank);
            if (rank != e->rank) {
                e->sent[sent++] =
                    (message){rank, leaf + theirs.first, theirs.count * sizeof(float)};
            }
        }
    }
    return communicator_exchange(e->communicator, e->sent, sent, e->received, received);
}

/* The slices of all ranks come to all. */
static bool gather(exchange *e, float *sum)
{
    slice own = slice_of(e, e->rank);
    int count = 0;
    for (int rank = 0; rank < e->ranks; rank++) {
        slice theirs = slice_of(e, rank);
        if (rank != e->rank) {
            e->sent[count] = (message){rank, sum + own.first, own.count * sizeof(float)};
            e->received[count++] =
                (message){rank, sum + theirs.first, theirs.count * sizeof(float)};
        }
    }
    return communicator_exchange(e->communicator, e->sent, count, e->received, count);
}

bool exchange_gradient(exchange *e, float *const *leaves)
{
    slice own = slice_of(e, e->rank);
    if (!scatter(e, leaves)) {
        return false;
    }
    shard_tree_between(e->shards, e->ranks, add_slices, e);
    if (e->nodes[0] != leaves[0] + own.first) {
        memcpy(leaves[0] + own.first, e->nodes[0], own.count * sizeof(float));
    }
    return gather(e, leaves[0]);
}
