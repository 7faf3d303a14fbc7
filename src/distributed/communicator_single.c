/* A build without MPI: each process is alone. */
#include "distributed/communicator.h"

#include <stdlib.h>

nnfs_status nnfs_communicator_create(nnfs_communicator **communicator, nnfs_error *error)
{
    if (!communicator) {
        return fail_null(error, "communicator");
    }
    *communicator = NULL;
    return NNFS_OK;
}

void nnfs_communicator_free(nnfs_communicator *communicator)
{
    (void)communicator;
}

void nnfs_communicator_abort(nnfs_communicator *communicator, int exit_status)
{
    (void)communicator;
    (void)exit_status;
}

int nnfs_communicator_rank(const nnfs_communicator *communicator)
{
    (void)communicator;
    return 0;
}

int nnfs_communicator_size(const nnfs_communicator *communicator)
{
    (void)communicator;
    return 1;
}

int nnfs_communicator_hosts(const nnfs_communicator *communicator)
{
    (void)communicator;
    return 1;
}

int nnfs_communicator_host_ranks(const nnfs_communicator *communicator)
{
    (void)communicator;
    return 1;
}

double nnfs_communicator_seconds(const nnfs_communicator *communicator)
{
    (void)communicator;
    return 0.0;
}

int nnfs_communicator_lost(const nnfs_communicator *communicator)
{
    (void)communicator;
    return 0;
}

nnfs_status nnfs_communicator_agree(nnfs_communicator *communicator, nnfs_status status,
                                    nnfs_error *error)
{
    (void)communicator;
    (void)error;
    return status;
}

nnfs_status nnfs_communicator_send(nnfs_communicator *communicator, int rank, const void *data,
                                   size_t bytes, nnfs_error *error)
{
    (void)rank;
    (void)data;
    (void)bytes;
    return communicator_error(communicator, error);
}

nnfs_status nnfs_communicator_receive(nnfs_communicator *communicator, int *rank, void *data,
                                      size_t bytes, size_t *size, nnfs_error *error)
{
    (void)rank;
    (void)data;
    (void)bytes;
    (void)size;
    return communicator_error(communicator, error);
}

/* There is no communicator that these could be called with. */

bool communicator_exchange(nnfs_communicator *c, const message *sent, int sent_count,
                           const message *received, int received_count)
{
    (void)c;
    (void)sent;
    (void)received;
    return sent_count + received_count == 0;
}

transfer *communicator_transfer_create(int number)
{
    (void)number;
    return NULL;
}

void communicator_transfer_free(transfer *t)
{
    (void)t;
}

bool communicator_start(nnfs_communicator *c, transfer *t, const message *sent, int sent_count,
                        const message *received, int received_count)
{
    (void)t;
    return communicator_exchange(c, sent, sent_count, received, received_count);
}

bool communicator_test(nnfs_communicator *c, transfer *t, bool *done)
{
    (void)c;
    (void)t;
    *done = true;
    return true;
}

void communicator_waited(nnfs_communicator *c, double seconds)
{
    (void)c;
    (void)seconds;
}

bool communicator_gather(nnfs_communicator *c, const void *own, void *all, size_t bytes)
{
    (void)c;
    (void)own;
    (void)all;
    return bytes == 0;
}

bool communicator_broadcast(nnfs_communicator *c, void *data, size_t bytes, int root)
{
    (void)c;
    (void)data;
    (void)root;
    return bytes == 0;
}

bool communicator_failed(const nnfs_communicator *c)
{
    (void)c;
    return false;
}

void communicator_begin(nnfs_communicator *c)
{
    (void)c;
}

int communicator_host_leader(const nnfs_communicator *c)
{
    (void)c;
    return 0;
}

bool communicator_lose(nnfs_communicator *c, const char *format, ...)
{
    (void)c;
    (void)format;
    return false;
}

nnfs_status communicator_error(const nnfs_communicator *c, nnfs_error *error)
{
    (void)c;
    return fail(error, NNFS_ERROR_BACKEND, "this build has no MPI");
}
