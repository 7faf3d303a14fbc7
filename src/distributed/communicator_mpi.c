/*
 * The ranks of a job, by MPI.
 *
 * A ring of heartbeats tells a rank that is slow from one that is gone: each rank sends to the next
 * one and listens to the one before, by a thread of its own, while others compute. All calls of MPI
 * are made under one mutex (MPI_THREAD_SERIALIZED), so none of them waits: what waits tests.
 */
#include "distributed/communicator.h"

#include "base/clock.h"
#include "base/pause.h"

#include <mpi.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Transfers have the tags from TAG_TRANSFER on. */
enum { TAG_DATA = 1, TAG_BEAT = 2, TAG_MESSAGE = 3, TAG_TRANSFER = 4 };

/* A rank that is not heard of for 40 beats is lost. Beats, not seconds: a job that is stopped as a
 * whole and continued has lost none. */
#define BEAT_NANOSECONDS 500000000
#define BEATS_MOST       40

/* Looks for the last beat, about 80 us apart: half a minute. Not seconds, for the same reason. */
#define LOOKS_MOST 400000

/* MPI counts in int. */
#define MESSAGE_BYTES ((size_t)1 << 30)

typedef struct heartbeat {
    pthread_t thread;
    bool running;
    atomic_bool ending;
    pthread_cond_t end; /* signalled with `ending`, so that no beat is waited for */
    MPI_Request sent, received;
    char out, in; /* 1: the last one */
    int silent;   /* beats of our own since the last one of the rank before */
    bool last;    /* which has sent its last one */
} heartbeat;

/* Messages under way: all before `next` are done. */
struct transfer {
    int tag;
    MPI_Request *requests;
    int count, room, next;
};

struct nnfs_communicator {
    MPI_Comm world;
    int rank, size;
    int hosts, host_ranks;
    int host_leader; /* the first rank of this host */
    bool initialized_here;
    pthread_mutex_t mutex;
    transfer exchange; /* of communicator_exchange */
    heartbeat beat;
    double seconds; /* that were waited for messages */
    bool failed;    /* the last nnfs_communicator_agree */
    atomic_bool lost;
    nnfs_error error; /* why, once `lost` */
};

/* ---- Launchers ---- */

/* Variables that a launcher gives each of its processes. */
static bool is_launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PMIX_RANK",
                                        "MV2_COMM_WORLD_RANK"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (getenv(names[i])) {
            return true;
        }
    }
    return false;
}

/* ---- A rank that is lost ---- */

static bool lose_list(nnfs_communicator *c, const char *format, va_list arguments)
{
    static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&first);
    if (!atomic_load(&c->lost)) {
        c->error.status = NNFS_ERROR_IO;
        (void)vsnprintf(c->error.message, sizeof c->error.message, format, arguments);
        atomic_store(&c->lost, true);
    }
    (void)pthread_mutex_unlock(&first);
    return false;
}

bool communicator_lose(nnfs_communicator *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)lose_list(c, format, arguments);
    va_end(arguments);
    return false;
}

static bool lose_by_mpi(nnfs_communicator *c, int code)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    (void)MPI_Error_string(code, text, &length);
    return communicator_lose(c, "rank %d of %d: MPI: %.300s", c->rank, c->size, text);
}

nnfs_status communicator_error(const nnfs_communicator *c, nnfs_error *error)
{
    return fail(error, c->error.status, "%s", c->error.message);
}

/* ---- Heartbeats ---- */

static int rank_before(const nnfs_communicator *c)
{
    return (c->rank + c->size - 1) % c->size;
}

/* A beat that has not left yet stands for the next one. */
static int send_beat(nnfs_communicator *c, bool last)
{
    heartbeat *b = &c->beat;
    int left = 0;
    int code = MPI_Test(&b->sent, &left, MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS || !left) {
        return code;
    }
    b->out = last;
    return MPI_Isend(&b->out, 1, MPI_CHAR, (c->rank + 1) % c->size, TAG_BEAT, c->world, &b->sent);
}

/* All beats that have come; beat.last when the last one was among them. */
static int take_beats(nnfs_communicator *c)
{
    heartbeat *b = &c->beat;
    int code = MPI_SUCCESS;
    int came = 1;
    while (code == MPI_SUCCESS && came && !b->last) {
        if (b->received == MPI_REQUEST_NULL) {
            code = MPI_Irecv(&b->in, 1, MPI_CHAR, rank_before(c), TAG_BEAT, c->world, &b->received);
        }
        if (code == MPI_SUCCESS) {
            code = MPI_Test(&b->received, &came, MPI_STATUS_IGNORE);
        }
        if (code == MPI_SUCCESS && came) {
            b->silent = 0;
            b->last = b->in != 0;
        }
    }
    return code;
}

static void rest_a_beat(nnfs_communicator *c)
{
    struct timespec due;
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_nsec += BEAT_NANOSECONDS;
    due.tv_sec += due.tv_nsec / 1000000000;
    due.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&c->mutex);
    while (!atomic_load(&c->beat.ending) &&
           pthread_cond_timedwait(&c->beat.end, &c->mutex, &due) == 0) {
    }
    (void)pthread_mutex_unlock(&c->mutex);
}

static void init_mutex(nnfs_communicator *c)
{
    pthread_condattr_t monotonic;
    (void)pthread_mutex_init(&c->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->beat.end, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static void *run_heartbeat(void *user)
{
    nnfs_communicator *c = user;
    while (!atomic_load(&c->beat.ending) && !atomic_load(&c->lost)) {
        (void)pthread_mutex_lock(&c->mutex);
        int code = send_beat(c, false);
        code = code == MPI_SUCCESS ? take_beats(c) : code;
        (void)pthread_mutex_unlock(&c->mutex);
        if (code != MPI_SUCCESS) {
            (void)lose_by_mpi(c, code);
        } else if (c->beat.silent++ > BEATS_MOST) {
            (void)communicator_lose(c, "rank %d of %d has not been heard of for %d seconds",
                                    rank_before(c), c->size,
                                    (int)((double)BEATS_MOST * 1e-9 * BEAT_NANOSECONDS));
        }
        rest_a_beat(c);
    }
    return NULL;
}

/* All ranks are here: the last beats, so that no message is left behind, unless a rank is
 * stopped just now. */
static void end_heartbeat(nnfs_communicator *c)
{
    if (!c->beat.running) {
        return;
    }
    (void)pthread_mutex_lock(&c->mutex);
    atomic_store(&c->beat.ending, true);
    (void)pthread_cond_signal(&c->beat.end);
    (void)pthread_mutex_unlock(&c->mutex);
    (void)pthread_join(c->beat.thread, NULL);
    c->beat.running = false;
    bool sent = false;
    int left = 0;
    int looks = 0;
    for (int turns = 0; !atomic_load(&c->lost) && !(sent && left && c->beat.last);
         turns = pause_once(turns)) {
        if (looks++ > LOOKS_MOST) {
            (void)communicator_lose(c, "rank %d of %d does not end", rank_before(c), c->size);
        }
        int code = MPI_Test(&c->beat.sent, &left, MPI_STATUS_IGNORE);
        if (code == MPI_SUCCESS && left && !sent) {
            sent = true;
            left = 0;
            code = send_beat(c, true);
        }
        code = code == MPI_SUCCESS ? take_beats(c) : code;
        if (code != MPI_SUCCESS) {
            (void)lose_by_mpi(c, code);
        }
    }
}

/* ---- Messages ---- */

transfer *communicator_transfer_create(int number)
{
    transfer *made = calloc(1, sizeof *made);
    if (made) {
        made->tag = TAG_TRANSFER + number;
    }
    return made;
}

void communicator_transfer_free(transfer *t)
{
    if (t) {
        free(t->requests);
        free(t);
    }
}

static MPI_Request *next_request(transfer *t)
{
    if (t->count == t->room) {
        int room = 2 * t->room + 16;
        MPI_Request *more = realloc(t->requests, (size_t)room * sizeof(MPI_Request));
        if (!more) {
            return NULL;
        }
        t->requests = more;
        t->room = room;
    }
    return &t->requests[t->count++];
}

static bool post(nnfs_communicator *c, transfer *t, const message *one, bool sends)
{
    for (size_t at = 0; at < one->bytes; at += MESSAGE_BYTES) {
        size_t left = one->bytes - at;
        int bytes = (int)(left < MESSAGE_BYTES ? left : MESSAGE_BYTES);
        char *data = (char *)one->data + at;
        MPI_Request *request = next_request(t);
        if (!request) {
            return communicator_lose(c, "rank %d of %d: out of memory", c->rank, c->size);
        }
        int code = sends ? MPI_Isend(data, bytes, MPI_BYTE, one->rank, t->tag, c->world, request)
                         : MPI_Irecv(data, bytes, MPI_BYTE, one->rank, t->tag, c->world, request);
        if (code != MPI_SUCCESS) {
            t->count--;
            return lose_by_mpi(c, code);
        }
    }
    return true;
}

bool communicator_start(nnfs_communicator *c, transfer *t, const message *sent, int sent_count,
                        const message *received, int received_count)
{
    bool ok = !atomic_load(&c->lost);
    t->count = t->next = 0;
    (void)pthread_mutex_lock(&c->mutex);
    for (int i = 0; ok && i < received_count; i++) {
        ok = post(c, t, &received[i], false);
    }
    for (int i = 0; ok && i < sent_count; i++) {
        ok = post(c, t, &sent[i], true);
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return ok;
}

bool communicator_test(nnfs_communicator *c, transfer *t, bool *done)
{
    int came = 1;
    int code = MPI_SUCCESS;
    *done = false;
    if (atomic_load(&c->lost)) {
        return false;
    }
    (void)pthread_mutex_lock(&c->mutex);
    while (code == MPI_SUCCESS && came && t->next < t->count) {
        code = MPI_Test(&t->requests[t->next], &came, MPI_STATUS_IGNORE);
        t->next += code == MPI_SUCCESS && came;
    }
    (void)pthread_mutex_unlock(&c->mutex);
    if (code != MPI_SUCCESS) {
        return lose_by_mpi(c, code);
    }
    *done = t->next == t->count;
    return true;
}

void communicator_waited(nnfs_communicator *c, double seconds)
{
    c->seconds += seconds;
}

bool communicator_exchange(nnfs_communicator *c, const message *sent, int sent_count,
                           const message *received, int received_count)
{
    double began = clock_seconds();
    bool done = false;
    bool ok = communicator_start(c, &c->exchange, sent, sent_count, received, received_count);
    for (int turns = 0; ok && !done; turns = pause_once(turns)) {
        ok = communicator_test(c, &c->exchange, &done);
    }
    communicator_waited(c, clock_seconds() - began);
    return ok;
}

bool communicator_gather(nnfs_communicator *c, const void *own, void *all, size_t bytes)
{
    message *messages = calloc(2 * (size_t)c->size, sizeof *messages);
    if (!messages) {
        return communicator_lose(c, "rank %d of %d: out of memory", c->rank, c->size);
    }
    int count = 0;
    for (int rank = 0; rank < c->size; rank++) {
        if (rank != c->rank) {
            messages[count] = (message){rank, (void *)(uintptr_t)own, bytes};
            messages[c->size + count++] =
                (message){rank, (char *)all + (size_t)rank * bytes, bytes};
        }
    }
    bool ok = communicator_exchange(c, messages, count, messages + c->size, count);
    free(messages);
    memmove((char *)all + (size_t)c->rank * bytes, own, bytes);
    return ok;
}

/* Down a binomial tree, whose root has number 0. */
bool communicator_broadcast(nnfs_communicator *c, void *data, size_t bytes, int root)
{
    int own = (c->rank + c->size - root) % c->size;
    int step = 1; /* to the first rank that this one sends to */
    while (step <= own) {
        step *= 2;
    }
    if (own > 0) {
        const message one = {(own - step / 2 + root) % c->size, data, bytes};
        if (!communicator_exchange(c, NULL, 0, &one, 1)) {
            return false;
        }
    }
    for (; own + step < c->size; step *= 2) {
        const message one = {(own + step + root) % c->size, data, bytes};
        if (!communicator_exchange(c, &one, 1, NULL, 0)) {
            return false;
        }
    }
    return true;
}

bool communicator_failed(const nnfs_communicator *c)
{
    return c->failed;
}

void communicator_begin(nnfs_communicator *c)
{
    c->failed = false;
}

int communicator_host_leader(const nnfs_communicator *c)
{
    return c->host_leader;
}

/* ---- Joining and leaving ---- */

static bool count_hosts(nnfs_communicator *c)
{
    MPI_Comm host;
    int rank = 0;
    if (MPI_Comm_split_type(c->world, MPI_COMM_TYPE_SHARED, c->rank, MPI_INFO_NULL, &host) !=
            MPI_SUCCESS ||
        MPI_Comm_size(host, &c->host_ranks) != MPI_SUCCESS ||
        MPI_Comm_rank(host, &rank) != MPI_SUCCESS) {
        return false;
    }
    c->host_leader = c->rank;
    if (MPI_Bcast(&c->host_leader, 1, MPI_INT, 0, host) != MPI_SUCCESS ||
        MPI_Comm_free(&host) != MPI_SUCCESS) {
        return false;
    }
    int first = rank == 0;
    return MPI_Allreduce(&first, &c->hosts, 1, MPI_INT, MPI_SUM, c->world) == MPI_SUCCESS;
}

static nnfs_status begin(nnfs_communicator *c, nnfs_error *error)
{
    int initialized = 0;
    int level = MPI_THREAD_SINGLE;
    (void)MPI_Initialized(&initialized);
    c->initialized_here = !initialized;
    int code = initialized ? MPI_Query_thread(&level)
                           : MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    if (code != MPI_SUCCESS || level < MPI_THREAD_SERIALIZED) {
        return fail(error, NNFS_ERROR_BACKEND, "MPI cannot be used by more than one thread here");
    }
    if (MPI_Comm_dup(MPI_COMM_WORLD, &c->world) != MPI_SUCCESS ||
        MPI_Comm_set_errhandler(c->world, MPI_ERRORS_RETURN) != MPI_SUCCESS ||
        MPI_Comm_rank(c->world, &c->rank) != MPI_SUCCESS ||
        MPI_Comm_size(c->world, &c->size) != MPI_SUCCESS || !count_hosts(c)) {
        return fail(error, NNFS_ERROR_BACKEND, "MPI: the ranks do not come together");
    }
    return NNFS_OK;
}

static void end(nnfs_communicator *c)
{
    if (c->world != MPI_COMM_NULL) {
        (void)MPI_Comm_free(&c->world);
    }
    if (c->initialized_here) {
        (void)MPI_Finalize();
    }
    (void)pthread_cond_destroy(&c->beat.end);
    (void)pthread_mutex_destroy(&c->mutex);
    free(c->exchange.requests);
    free(c);
}

nnfs_status nnfs_communicator_create(nnfs_communicator **communicator, nnfs_error *error)
{
    if (!communicator) {
        return fail_null(error, "communicator");
    }
    *communicator = NULL;
    if (!is_launched()) {
        return NNFS_OK;
    }
    nnfs_communicator *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "the ranks of a job");
    }
    made->world = MPI_COMM_NULL;
    made->exchange.tag = TAG_DATA;
    made->beat.sent = made->beat.received = MPI_REQUEST_NULL;
    init_mutex(made);
    nnfs_status status = begin(made, error);
    if (status != NNFS_OK || made->size == 1) {
        end(made);
        return status;
    }
    made->beat.running = pthread_create(&made->beat.thread, NULL, run_heartbeat, made) == 0;
    if (!made->beat.running) {
        end(made);
        return fail(error, NNFS_ERROR_MEMORY, "a thread could not be started");
    }
    *communicator = made;
    return NNFS_OK;
}

void nnfs_communicator_free(nnfs_communicator *communicator)
{
    char own = 0;
    if (!communicator) {
        return;
    }
    char *all = malloc((size_t)communicator->size);
    bool together = all && communicator_gather(communicator, &own, all, 1);
    free(all);
    if (!together) {
        nnfs_communicator_abort(communicator, 1);
    }
    end_heartbeat(communicator);
    if (nnfs_communicator_lost(communicator)) {
        nnfs_communicator_abort(communicator, 1);
    }
    end(communicator);
}

void nnfs_communicator_abort(nnfs_communicator *communicator, int exit_status)
{
    if (communicator) {
        (void)pthread_mutex_lock(&communicator->mutex);
        (void)MPI_Abort(MPI_COMM_WORLD, exit_status);
        _Exit(exit_status);
    }
}

/* ---- The public rest ---- */

int nnfs_communicator_rank(const nnfs_communicator *communicator)
{
    return communicator ? communicator->rank : 0;
}

int nnfs_communicator_size(const nnfs_communicator *communicator)
{
    return communicator ? communicator->size : 1;
}

int nnfs_communicator_hosts(const nnfs_communicator *communicator)
{
    return communicator ? communicator->hosts : 1;
}

int nnfs_communicator_host_ranks(const nnfs_communicator *communicator)
{
    return communicator ? communicator->host_ranks : 1;
}

double nnfs_communicator_seconds(const nnfs_communicator *communicator)
{
    return communicator ? communicator->seconds : 0.0;
}

int nnfs_communicator_lost(const nnfs_communicator *communicator)
{
    return communicator && atomic_load(&communicator->lost);
}

nnfs_status nnfs_communicator_agree(nnfs_communicator *communicator, nnfs_status status,
                                    nnfs_error *error)
{
    nnfs_error own = {.status = status};
    nnfs_error unwanted = {.status = status};
    if (!communicator) {
        return status;
    }
    error = error ? error : &unwanted;
    if (status != NNFS_OK) {
        own = *error;
    }
    nnfs_error *all = calloc((size_t)communicator->size, sizeof *all);
    if (!all) {
        return fail_memory(error, sizeof *all, "the ranks of a job");
    }
    status = communicator_gather(communicator, &own, all, sizeof own)
                 ? NNFS_OK
                 : communicator_error(communicator, error);
    for (int rank = 0; status == NNFS_OK && rank < communicator->size; rank++) {
        status = all[rank].status;
        if (status != NNFS_OK && rank > 0) {
            (void)fail(error, status, "rank %d: %.480s", rank, all[rank].message);
        } else if (status != NNFS_OK) {
            *error = all[rank];
        }
    }
    free(all);
    communicator->failed = status != NNFS_OK;
    return status;
}

/* ---- Messages of the caller's own ---- */

nnfs_status nnfs_communicator_send(nnfs_communicator *communicator, int rank, const void *data,
                                   size_t bytes, nnfs_error *error)
{
    if (!communicator || !data) {
        return fail_null(error, "communicator or data");
    }
    if (rank < 0 || rank >= communicator->size || bytes == 0 || bytes > NNFS_MESSAGE_MOST) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a message of %zu bytes to rank %d", bytes, rank);
    }
    transfer one = {.tag = TAG_MESSAGE};
    const message sent = {rank, (void *)(uintptr_t)data, bytes};
    bool done = false;
    bool ok = communicator_start(communicator, &one, &sent, 1, NULL, 0);
    for (int turns = 0; ok && !done; turns = pause_once(turns)) {
        ok = communicator_test(communicator, &one, &done);
    }
    free(one.requests);
    if (!ok) {
        return communicator_error(communicator, error);
    }
    return NNFS_OK;
}

/* A message that has come is received at once. */
static int receive(nnfs_communicator *c, int *rank, void *data, int bytes, int *came)
{
    MPI_Status about;
    int size = 0;
    int code = MPI_Iprobe(MPI_ANY_SOURCE, TAG_MESSAGE, c->world, came, &about);
    if (code != MPI_SUCCESS || !*came) {
        return code;
    }
    (void)MPI_Get_count(&about, MPI_BYTE, &size);
    *rank = about.MPI_SOURCE;
    *came = size;
    if (size > bytes) {
        return MPI_SUCCESS;
    }
    return MPI_Recv(data, size, MPI_BYTE, about.MPI_SOURCE, TAG_MESSAGE, c->world,
                    MPI_STATUS_IGNORE);
}

nnfs_status nnfs_communicator_receive(nnfs_communicator *communicator, int *rank, void *data,
                                      size_t bytes, size_t *size, nnfs_error *error)
{
    int came = 0;
    if (!communicator || !rank || !data || !size) {
        return fail_null(error, "communicator, rank, data or size");
    }
    if (bytes > NNFS_MESSAGE_MOST) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a message of %zu bytes", bytes);
    }
    *size = 0;
    if (atomic_load(&communicator->lost)) {
        return communicator_error(communicator, error);
    }
    (void)pthread_mutex_lock(&communicator->mutex);
    int code = receive(communicator, rank, data, (int)bytes, &came);
    (void)pthread_mutex_unlock(&communicator->mutex);
    if (code != MPI_SUCCESS) {
        (void)lose_by_mpi(communicator, code);
        return communicator_error(communicator, error);
    }
    if ((size_t)came > bytes) {
        return fail(error, NNFS_ERROR_ARGUMENT, "rank %d sent %d bytes, not %zu", *rank, came,
                    bytes);
    }
    *size = (size_t)came;
    return NNFS_OK;
}
