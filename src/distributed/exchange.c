/* Sums over the shards of all ranks. */
#include "distributed/exchange.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/pause.h"
#include "math/bf16.h"
#include "math/sums.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How often the thread looks after parts that are under way, in nanoseconds: messages of some hundred kB at a time
 * go on only while MPI is called. */
#define LOOK_NANOSECONDS 100000

/* ---- Slices ---- */

/* The floats of a part that a rank adds up; whole cache lines, except at the end. */
static gradient_part slice_of(const exchange *e, const exchange_part *part, int rank)
{
    size_t floats = part->range.count;
    size_t lines = (floats + MEMORY_LINE_FLOATS - 1) / MEMORY_LINE_FLOATS;
    size_t first = lines * (size_t)rank / (size_t)e->ranks * MEMORY_LINE_FLOATS;
    size_t end = lines * (size_t)(rank + 1) / (size_t)e->ranks * MEMORY_LINE_FLOATS;
    first = MIN(first, floats);
    end = MIN(end, floats);
    return (gradient_part){part->range.first + first, end - first};
}

/* ---- Making and freeing ---- */

static void *look_after_parts(void *user);

static bool create_part(exchange *e, int index, gradient_part range)
{
    exchange_part *made = &e->parts[index];
    *made = (exchange_part){.range = range};
    gradient_part slice = slice_of(e, made, e->rank);
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
                            const gradient_part *parts, int part_count, size_t sums_most,
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
                       .part_count = part_count,
                       .rounded = rounded};
    (void)pthread_mutex_init(&made->mutex, NULL);
    (void)pthread_cond_init(&made->begun, NULL);
    size_t messages = (size_t)shards * (size_t)ranks;
    made->tops = calloc((size_t)shards, sizeof *made->tops);
    made->sums =
        memory_alloc(size_mul(size_mul((size_t)shards, sums_most), sizeof(double)), sizeof(double));
    made->sent = calloc(messages, sizeof *made->sent);
    made->received = calloc(messages, sizeof *made->received);
    made->parts = calloc((size_t)part_count + 1, sizeof *made->parts);
    bool has_memory = made->tops && made->sums && made->sent && made->received && made->parts;
    for (int i = 0; has_memory && i < part_count; i++) {
        has_memory = create_part(made, i, parts[i]);
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
    for (int i = 0; e->parts && i < e->part_count; i++) {
        exchange_part *part = &e->parts[i];
        memory_free(part->slices);
        memory_free(part->outgoing);
        memory_free(part->incoming);
        free(part->nodes);
        free(part->sent);
        free(part->received);
        communicator_transfer_free(part->messages);
    }
    free(e->parts);
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

/* The nodes of a part's slice. */
typedef struct part_nodes {
    const exchange_part *part;
    bool rounded;
} part_nodes;

static void add_slices(void *user, int to, int from)
{
    const part_nodes *of = user;
    float *const *nodes = of->part->nodes;
    if (of->rounded) {
        bf16_add(nodes[from], of->part->count, nodes[to]);
    } else {
        add_row_sums(nodes[from], of->part->count, 1, nodes[to]);
    }
}

/* Some floats of the part, as a message to or from a rank. `at` has all of the part, or, rounded, `words`. */
static message part_message(const exchange *e, const exchange_part *part, int rank, float *at,
                            uint16_t *words, gradient_part which)
{
    if (e->rounded) {
        size_t from = which.first - part->range.first;
        return (message){rank, words + from, which.count * sizeof *words};
    }
    return (message){rank, at + which.first, which.count * sizeof *at};
}

static void send_node(const exchange *e, exchange_part *part, float *leaf, uint16_t *words,
                      int *sent)
{
    if (e->rounded) {
        bf16_pack(leaf + part->range.first, part->range.count, words);
    }
    for (int rank = 0; rank < e->ranks; rank++) {
        if (rank != e->rank) {
            part->sent[(*sent)++] =
                part_message(e, part, rank, leaf, words, slice_of(e, part, rank));
        }
    }
}

/* Each rank gets the nodes of its slice. */
static bool scatter(exchange *e, exchange_part *part, float *const *leaves)
{
    int sent = 0;
    uint16_t *words = part->outgoing;
    part->nodes_coming = 0;
    for (int i = 0; i < e->shards; i++) {
        if (!e->tops[i]) {
            continue;
        }
        if (is_own(e, i)) {
            float *leaf = leaves[i - e->range.first];
            part->nodes[i] = leaf + part->first;
            send_node(e, part, leaf, words, &sent);
            words += e->rounded ? part->range.count : 0;
            continue;
        }
        size_t at = (size_t)part->nodes_coming * part->count;
        message *one = &part->received[part->nodes_coming++];
        part->nodes[i] = part->slices + at;
        *one = (message){shard_owner(e->shards, e->ranks, i), part->nodes[i],
                         part->count * sizeof(float)};
        if (e->rounded) {
            one->data = part->incoming + at;
            one->bytes = part->count * sizeof *part->incoming;
        }
    }
    return communicator_start(e->communicator, part->messages, part->sent, sent, part->received,
                              part->nodes_coming);
}

/* The slices of all ranks come to all. */
static bool gather(exchange *e, exchange_part *part)
{
    int count = 0;
    gradient_part own = {part->first, part->count};
    if (e->rounded) {
        bf16_pack(part->sum + own.first, own.count, part->outgoing + own.first - part->range.first);
    }
    for (int rank = 0; rank < e->ranks; rank++) {
        if (rank != e->rank) {
            part->sent[count] = part_message(e, part, rank, part->sum, part->outgoing, own);
            part->received[count++] =
                part_message(e, part, rank, part->sum, part->incoming, slice_of(e, part, rank));
        }
    }
    part->stage = PART_GATHERING;
    return communicator_start(e->communicator, part->messages, part->sent, count, part->received,
                              count);
}

/* All nodes of the slice have come. */
static void add_up(const exchange *e, const exchange_part *part)
{
    part_nodes nodes = {part, e->rounded};
    if (e->rounded) {
        bf16_unpack(part->incoming, (size_t)part->nodes_coming * part->count, part->slices);
    }
    shard_tree_between(e->shards, e->ranks, add_slices, &nodes);
    if (part->nodes[0] != part->sum + part->first) {
        memcpy(part->sum + part->first, part->nodes[0], part->count * sizeof(float));
    }
}

/* The slices of all ranks have come. */
static void take_sums(exchange *e, exchange_part *part)
{
    for (int rank = 0; rank < e->ranks && e->rounded; rank++) {
        gradient_part theirs = slice_of(e, part, rank);
        if (rank != e->rank) {
            bf16_unpack(part->incoming + theirs.first - part->range.first, theirs.count,
                        part->sum + theirs.first);
        }
    }
    part->stage = PART_IDLE;
    e->under_way--;
}

/* Goes on with a part that is under way. False: a rank is lost. */
static bool advance_part(exchange *e, exchange_part *part)
{
    bool done = false;
    bool ok = communicator_test(e->communicator, part->messages, &done);
    if (ok && done && part->stage == PART_SCATTERING) {
        add_up(e, part);
        return gather(e, part);
    }
    if (ok && done) {
        take_sums(e, part);
    }
    return ok;
}

static bool advance(exchange *e)
{
    for (int i = 0; i < e->part_count; i++) {
        if (e->parts[i].stage != PART_IDLE && !advance_part(e, &e->parts[i])) {
            return false;
        }
    }
    return true;
}

static void *look_after_parts(void *user)
{
    exchange *e = user;
    const struct timespec spell = {.tv_nsec = LOOK_NANOSECONDS};
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
    exchange_part *part = &e->parts[index];
    (void)pthread_mutex_lock(&e->mutex);
    part->stage = PART_SCATTERING;
    part->sum = leaves[0];
    e->under_way++;
    bool ok = scatter(e, part, leaves);
    (void)pthread_cond_signal(&e->begun);
    (void)pthread_mutex_unlock(&e->mutex);
    return ok;
}

bool exchange_end(exchange *e, int index)
{
    exchange_part *part = &e->parts[index];
    double began = clock_seconds();
    bool ok = true;
    bool done = false;
    for (int turns = 0; ok && !done; turns = pause_once(turns)) {
        (void)pthread_mutex_lock(&e->mutex);
        ok = advance(e);
        done = part->stage == PART_IDLE;
        (void)pthread_mutex_unlock(&e->mutex);
    }
    communicator_waited(e->communicator, clock_seconds() - began);
    return ok;
}

void exchange_end_all(exchange *e)
{
    for (int i = 0; i < e->part_count && exchange_end(e, i); i++) {
    }
}
