/* Sums over the shards of all ranks. */
#include "distributed/exchange.h"

#include "base/clock.h"
#include "base/denormals.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/pause.h"
#include "math/bf16.h"
#include "math/sums.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How often the thread looks after buckets that are under way, in nanoseconds: messages of some
 * hundred kB at a time go on only while MPI is called. */
#define LOOK_NANOSECONDS 100000

/* ---- Slices ---- */

/* The floats of a bucket that a rank adds up; whole cache lines, except at the end. */
static gradient_range slice_of(const exchange *e, const gradient_bucket *bucket, int rank)
{
    size_t floats = bucket->range.count;
    size_t lines = (floats + MEMORY_LINE_FLOATS - 1) / MEMORY_LINE_FLOATS;
    size_t first = lines * (size_t)rank / (size_t)e->ranks * MEMORY_LINE_FLOATS;
    size_t end = lines * (size_t)(rank + 1) / (size_t)e->ranks * MEMORY_LINE_FLOATS;
    first = MIN(first, floats);
    end = MIN(end, floats);
    return (gradient_range){bucket->range.first + first, end - first};
}

/* ---- Making and freeing ---- */

static void *look_after_parts(void *user);

static bool create_bucket(exchange *e, int index, gradient_range range)
{
    gradient_bucket *made = &e->buckets[index];
    *made = (gradient_bucket){.range = range};
    gradient_range slice = slice_of(e, made, e->rank);
    size_t others = (size_t)(e->shards - e->range.count);
    size_t messages = (size_t)e->shards * (size_t)e->ranks + (size_t)e->ranks;
    made->first = slice.first;
    made->count = slice.count;
    made->slices = memory_alloc(size_mul(others, slice.count), sizeof(float));
    made->nodes = calloc((size_t)e->shards, sizeof *made->nodes);
    made->sent = calloc(messages, sizeof *made->sent);
    made->received = calloc(messages, sizeof *made->received);
    made->messages = communicator_transfer_create(index);
    size_t own = (size_t)e->range.count;
    size_t in = size_mul(others, slice.count);
    if (e->rounded) {
        made->outgoing = memory_alloc(size_mul(own, range.count), sizeof *made->outgoing);
        made->incoming = memory_alloc(MAX(in, range.count), sizeof *made->incoming);
    }
    return made->slices && made->nodes && made->sent && made->received && made->messages &&
           (!e->rounded || (made->outgoing && made->incoming));
}

nnfs_status exchange_create(exchange *made, nnfs_communicator *communicator, int shards,
                            const gradient_range *buckets, int bucket_count, size_t sums_most,
                            bool rounded, nnfs_error *error)
{
    int ranks = nnfs_communicator_size(communicator);
    int rank = nnfs_communicator_rank(communicator);
    *made = (exchange){.communicator = communicator,
                       .shards = shards,
                       .ranks = ranks,
                       .rank = rank,
                       .range = shard_range_of(shards, ranks, rank),
                       .sums_most = sums_most,
                       .bucket_count = bucket_count,
                       .rounded = rounded};
    (void)pthread_mutex_init(&made->mutex, NULL);
    (void)pthread_cond_init(&made->begun, NULL);
    size_t messages = (size_t)shards * (size_t)ranks;
    made->tops = calloc((size_t)shards, sizeof *made->tops);
    made->sums =
        memory_alloc(size_mul(size_mul((size_t)shards, sums_most), sizeof(double)), sizeof(double));
    made->sent = calloc(messages, sizeof *made->sent);
    made->received = calloc(messages, sizeof *made->received);
    made->buckets = calloc((size_t)bucket_count + 1, sizeof *made->buckets);
    bool has_memory = made->tops && made->sums && made->sent && made->received && made->buckets;
    for (int i = 0; has_memory && i < bucket_count; i++) {
        has_memory = create_bucket(made, i, buckets[i]);
    }
    if (!has_memory) {
        return fail_memory(error, size_mul((size_t)shards, sums_most),
                           "messages between the ranks");
    }
    for (int i = 0; i < shards; i++) {
        int owner = shard_owner(shards, ranks, i);
        made->tops[i] = shard_is_top(shards, shard_range_of(shards, ranks, owner), i);
    }
    made->has_thread = pthread_create(&made->thread, NULL, look_after_parts, made) == 0;
    if (!made->has_thread) {
        return fail(error, NNFS_ERROR_MEMORY, "a thread could not be started");
    }
    return NNFS_OK;
}

void exchange_free(exchange *e)
{
    if (!e->communicator) {
        return;
    }
    if (e->has_thread) {
        (void)pthread_mutex_lock(&e->mutex);
        e->ending = true;
        (void)pthread_cond_signal(&e->begun);
        (void)pthread_mutex_unlock(&e->mutex);
        (void)pthread_join(e->thread, NULL);
    }
    for (int i = 0; e->buckets && i < e->bucket_count; i++) {
        gradient_bucket *bucket = &e->buckets[i];
        memory_free(bucket->slices);
        memory_free(bucket->outgoing);
        memory_free(bucket->incoming);
        free(bucket->nodes);
        free(bucket->sent);
        free(bucket->received);
        communicator_transfer_free(bucket->messages);
    }
    free(e->buckets);
    free(e->tops);
    memory_free(e->sums);
    free(e->sent);
    free(e->received);
    (void)pthread_cond_destroy(&e->begun);
    (void)pthread_mutex_destroy(&e->mutex);
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

/* The nodes of a bucket's slice. */
typedef struct bucket_nodes {
    const gradient_bucket *bucket;
    bool rounded;
} bucket_nodes;

static void add_slices(void *user, int to, int from)
{
    const bucket_nodes *of = user;
    float *const *nodes = of->bucket->nodes;
    if (of->rounded) {
        bf16_add(nodes[from], of->bucket->count, nodes[to]);
    } else {
        add_row_sums(nodes[from], of->bucket->count, 1, nodes[to]);
    }
}

/* Some floats of the bucket, as a message to or from a rank. `at` has all of the bucket,
 * or, rounded, `words`. */
static message bucket_message(const exchange *e, const gradient_bucket *bucket, int rank, float *at,
                              uint16_t *words, gradient_range which)
{
    if (e->rounded) {
        size_t from = which.first - bucket->range.first;
        return (message){rank, words + from, which.count * sizeof *words};
    }
    return (message){rank, at + which.first, which.count * sizeof *at};
}

static void send_node(const exchange *e, gradient_bucket *bucket, float *leaf, uint16_t *words,
                      int *sent)
{
    if (e->rounded) {
        bf16_pack(leaf + bucket->range.first, bucket->range.count, words);
    }
    for (int rank = 0; rank < e->ranks; rank++) {
        if (rank != e->rank) {
            bucket->sent[(*sent)++] =
                bucket_message(e, bucket, rank, leaf, words, slice_of(e, bucket, rank));
        }
    }
}

/* Each rank gets the nodes of its slice. */
static bool scatter(exchange *e, gradient_bucket *bucket, float *const *leaves)
{
    int sent = 0;
    uint16_t *words = bucket->outgoing;
    bucket->nodes_coming = 0;
    for (int i = 0; i < e->shards; i++) {
        if (!e->tops[i]) {
            continue;
        }
        if (is_own(e, i)) {
            float *leaf = leaves[i - e->range.first];
            bucket->nodes[i] = leaf + bucket->first;
            send_node(e, bucket, leaf, words, &sent);
            words += e->rounded ? bucket->range.count : 0;
            continue;
        }
        size_t at = (size_t)bucket->nodes_coming * bucket->count;
        message *one = &bucket->received[bucket->nodes_coming++];
        bucket->nodes[i] = bucket->slices + at;
        *one = (message){shard_owner(e->shards, e->ranks, i), bucket->nodes[i],
                         bucket->count * sizeof(float)};
        if (e->rounded) {
            one->data = bucket->incoming + at;
            one->bytes = bucket->count * sizeof *bucket->incoming;
        }
    }
    return communicator_start(e->communicator, bucket->messages, bucket->sent, sent,
                              bucket->received, bucket->nodes_coming);
}

/* The slices of all ranks come to all. */
static bool gather(exchange *e, gradient_bucket *bucket)
{
    int count = 0;
    gradient_range own = {bucket->first, bucket->count};
    if (e->rounded) {
        bf16_pack(bucket->sum + own.first, own.count,
                  bucket->outgoing + own.first - bucket->range.first);
    }
    for (int rank = 0; rank < e->ranks; rank++) {
        if (rank != e->rank) {
            bucket->sent[count] =
                bucket_message(e, bucket, rank, bucket->sum, bucket->outgoing, own);
            bucket->received[count++] = bucket_message(e, bucket, rank, bucket->sum,
                                                       bucket->incoming, slice_of(e, bucket, rank));
        }
    }
    bucket->stage = BUCKET_GATHERING;
    return communicator_start(e->communicator, bucket->messages, bucket->sent, count,
                              bucket->received, count);
}

/* All nodes of the slice have come. */
static void add_up(const exchange *e, const gradient_bucket *bucket)
{
    bucket_nodes nodes = {bucket, e->rounded};
    if (e->rounded) {
        bf16_unpack(bucket->incoming, (size_t)bucket->nodes_coming * bucket->count, bucket->slices);
    }
    shard_tree_between(e->shards, e->ranks, add_slices, &nodes);
    if (bucket->nodes[0] != bucket->sum + bucket->first) {
        memcpy(bucket->sum + bucket->first, bucket->nodes[0], bucket->count * sizeof(float));
    }
}

/* The slices of all ranks have come. */
static void take_sums(exchange *e, gradient_bucket *bucket)
{
    for (int rank = 0; rank < e->ranks && e->rounded; rank++) {
        gradient_range theirs = slice_of(e, bucket, rank);
        if (rank != e->rank) {
            bf16_unpack(bucket->incoming + theirs.first - bucket->range.first, theirs.count,
                        bucket->sum + theirs.first);
        }
    }
    bucket->stage = BUCKET_IDLE;
    e->under_way--;
}

/* Goes on with a bucket that is under way. False: a rank is lost. */
static bool advance_bucket(exchange *e, gradient_bucket *bucket)
{
    bool done = false;
    bool ok = communicator_test(e->communicator, bucket->messages, &done);
    if (ok && done && bucket->stage == BUCKET_SCATTERING) {
        add_up(e, bucket);
        bucket->stage = BUCKET_ADDED;
    } else if (ok && done && bucket->stage == BUCKET_GATHERING) {
        take_sums(e, bucket);
    }
    return ok;
}

/* From the most urgent bucket to the least. */
static bool advance(exchange *e)
{
    bool ok = true;
    bool urgent = false; /* one before is under way */
    for (int i = e->bucket_count - 1; i >= 0 && ok; i--) {
        gradient_bucket *bucket = &e->buckets[i];
        ok = bucket->stage == BUCKET_IDLE || advance_bucket(e, bucket);
        if (ok && bucket->stage == BUCKET_ADDED && !urgent) {
            ok = gather(e, bucket);
        }
        urgent = urgent || bucket->stage != BUCKET_IDLE;
    }
    return ok;
}

static void *look_after_parts(void *user)
{
    exchange *e = user;
    const struct timespec spell = {.tv_nsec = LOOK_NANOSECONDS};
    (void)denormals_flush(); /* as the threads of a step, which add up too */
    (void)pthread_mutex_lock(&e->mutex);
    while (!e->ending) {
        if (e->under_way == 0 || !advance(e)) {
            (void)pthread_cond_wait(&e->begun, &e->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&e->mutex);
        (void)nanosleep(&spell, NULL);
        (void)pthread_mutex_lock(&e->mutex);
    }
    (void)pthread_mutex_unlock(&e->mutex);
    return NULL;
}

bool exchange_begin(exchange *e, int index, float *const *leaves)
{
    gradient_bucket *bucket = &e->buckets[index];
    (void)pthread_mutex_lock(&e->mutex);
    bucket->stage = BUCKET_SCATTERING;
    bucket->sum = leaves[0];
    e->under_way++;
    bool ok = scatter(e, bucket, leaves);
    (void)pthread_cond_signal(&e->begun);
    (void)pthread_mutex_unlock(&e->mutex);
    return ok;
}

bool exchange_end(exchange *e, int index)
{
    gradient_bucket *bucket = &e->buckets[index];
    double began = clock_seconds();
    bool ok = true;
    bool done = false;
    for (int turns = 0; ok && !done; turns = pause_once(turns)) {
        (void)pthread_mutex_lock(&e->mutex);
        ok = advance(e);
        done = bucket->stage == BUCKET_IDLE;
        (void)pthread_mutex_unlock(&e->mutex);
    }
    communicator_waited(e->communicator, clock_seconds() - began);
    return ok;
}

void exchange_end_all(exchange *e)
{
    for (int i = 0; i < e->bucket_count && exchange_end(e, i); i++) {
    }
}
