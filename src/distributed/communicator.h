/*
 * Messages between the ranks of an MPI job. Every function here is called by all ranks in the same
 * order, by one thread of each at a time; those of transfers in any order, and by other threads.
 * One that returns false has lost another rank: no further message will come, and
 * communicator_error says why.
 */
#ifndef NNFS_DISTRIBUTED_COMMUNICATOR_H
#define NNFS_DISTRIBUTED_COMMUNICATOR_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes to or from another rank. */
typedef struct message {
    int rank;
    void *data;
    size_t bytes;
} message;

/*
 * Sends and receives, all at the same time. Messages between two ranks arrive in the order in which
 * they are listed. The data sent are not changed.
 */
bool communicator_exchange(nnfs_communicator *c, const message *sent, int sent_count,
                           const message *received, int received_count);

/*
 * Messages that are on their way while the rank computes. They meet those of the transfer with the
 * same number on other ranks. NULL: no memory. Freed by communicator_transfer_free, which accepts
 * NULL, when all are done.
 */
typedef struct transfer transfer;

transfer *communicator_transfer_create(int number);
void communicator_transfer_free(transfer *t);

/* The same as communicator_exchange, without waiting: *done in communicator_test says when
 * all are done. */
bool communicator_start(nnfs_communicator *c, transfer *t, const message *sent, int sent_count,
                        const message *received, int received_count);
bool communicator_test(nnfs_communicator *c, transfer *t, bool *done);

/* A thread that computes has waited for a transfer: nnfs_communicator_seconds counts it. */
void communicator_waited(nnfs_communicator *c, double seconds);

/* all[rank] becomes what each rank has in `own`, `bytes` long. */
bool communicator_gather(nnfs_communicator *c, const void *own, void *all, size_t bytes);

/* What rank `root` has comes to all. */
bool communicator_broadcast(nnfs_communicator *c, void *data, size_t bytes, int root);

/* Whether the last nnfs_communicator_agree failed, and no communicator_begin followed: all ranks
 * know the error. */
bool communicator_failed(const nnfs_communicator *c);
void communicator_begin(nnfs_communicator *c);

/* The first rank of this rank's host. */
int communicator_host_leader(const nnfs_communicator *c);

/* Another rank is lost, for this reason: no message comes through any more. Returns false. */
bool communicator_lose(nnfs_communicator *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills *error with the reason, and returns its status. */
nnfs_status communicator_error(const nnfs_communicator *c, nnfs_error *error);

#endif
