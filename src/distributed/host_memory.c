/* The first rank of a host makes a file without a name; the others open it through /proc. */
#include "distributed/host_memory.h"

#include "base/memory.h"
#include "base/spool_file.h"
#include "platform/memory_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a rank tells the others of its file. */
typedef struct file_note {
    int64_t process, inode;
    int descriptor; /* -1: it has none */
    int leader;     /* the first rank of its host */
    bool wanted;    /* the memory */
} file_note;

bool host_memory_is_large(size_t bytes)
{
    return bytes > memory_limit("") / 2;
}

/* ---- The file ---- */

static int open_on_disk(size_t bytes)
{
    int descriptor = spool_descriptor();
    if (descriptor < 0) {
        return -1;
    }
    int code = posix_fallocate(descriptor, 0, (off_t)bytes); /* a full disk shows here */
    if (code != 0) {
        (void)close(descriptor);
        errno = code;
        return -1;
    }
    return descriptor;
}

static int open_in_memory(size_t bytes)
{
    int descriptor = memfd_create("nnfs-samples", MFD_CLOEXEC);
    if (descriptor >= 0 && ftruncate(descriptor, (off_t)bytes) != 0) {
        (void)close(descriptor);
        return -1;
    }
    return descriptor;
}

static nnfs_status make_file(size_t bytes, int *descriptor, nnfs_error *error)
{
    bool large = host_memory_is_large(bytes);
    *descriptor = large ? open_on_disk(bytes) : open_in_memory(bytes);
    if (*descriptor < 0) {
        return fail(error, NNFS_ERROR_IO, "%zu bytes for samples in %s: %s", bytes,
                    large ? spool_folder() : "shared memory", strerror(errno));
    }
    return NNFS_OK;
}

static file_note note_of(int descriptor)
{
    struct stat about = {0};
    if (descriptor >= 0) {
        (void)fstat(descriptor, &about);
    }
    return (file_note){
        .process = getpid(), .inode = (int64_t)about.st_ino, .descriptor = descriptor};
}

/* Opens the file of another process; -1: it is not to be seen from here, as
 * between two containers. */
static int open_of(const file_note *note)
{
    char path[64];
    struct stat about;
    (void)snprintf(path, sizeof path, "/proc/%lld/fd/%d", (long long)note->process,
                   note->descriptor);
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor >= 0 &&
        (fstat(descriptor, &about) != 0 || (int64_t)about.st_ino != note->inode)) {
        (void)close(descriptor);
        return -1;
    }
    return descriptor;
}

/* ---- Between ranks ---- */

static nnfs_status gather(nnfs_communicator *c, const void *own, void *all, size_t bytes,
                          nnfs_error *error)
{
    if (communicator_gather(c, own, all, bytes)) {
        return NNFS_OK;
    }
    return communicator_error(c, error);
}

/* The first rank of this host that wants the memory; -1: none does. */
static nnfs_status find_maker(nnfs_communicator *c, bool wanted, file_note *notes, int *maker,
                              nnfs_error *error)
{
    int rank = nnfs_communicator_rank(c);
    const file_note own = {.leader = communicator_host_leader(c), .wanted = wanted};
    *maker = -1;
    TRY(gather(c, &own, notes, sizeof own, error));
    for (int i = rank; wanted && i >= 0; i--) {
        bool here = notes[i].leader == own.leader && notes[i].wanted;
        *maker = here ? i : *maker;
    }
    return NNFS_OK;
}

/* The file of the first rank here that wants one, or one of its own where that cannot be opened. */
static nnfs_status join_file(nnfs_communicator *c, size_t bytes, bool wanted, int *descriptor,
                             int *holders, nnfs_error *error)
{
    int rank = nnfs_communicator_rank(c);
    int maker = -1;
    file_note *notes = memory_alloc((size_t)nnfs_communicator_size(c), sizeof *notes);
    nnfs_status status = notes ? NNFS_OK : fail_memory(error, sizeof *notes, "the ranks of a job");
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    TRY_CLEANUP(find_maker(c, wanted, notes, &maker, error));
    if (maker == rank) {
        status = make_file(bytes, descriptor, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    const file_note own = note_of(*descriptor);
    TRY_CLEANUP(gather(c, &own, notes, sizeof own, error));
    if (wanted && maker != rank) {
        *descriptor = open_of(&notes[maker]);
    }
    if (wanted && *descriptor < 0) {
        maker = rank;
        status = make_file(bytes, descriptor, error);
    }
    /* The maker's descriptor stays open until all have the file. */
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    status = gather(c, &maker, holders, sizeof maker, error);
cleanup:
    memory_free(notes);
    return status;
}

static nnfs_status map_file(int descriptor, host_memory *made, nnfs_error *error)
{
    void *mapped = mmap(NULL, made->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) {
        return fail_memory(error, made->bytes, "the samples");
    }
    made->mapping = mapped;
    return NNFS_OK;
}

nnfs_status host_memory_of_some(nnfs_communicator *c, size_t bytes, bool wanted, host_memory *made,
                                int *descriptor, nnfs_error *error)
{
    *descriptor = -1;
    *made = (host_memory){.bytes = bytes};
    made->holders = memory_alloc((size_t)nnfs_communicator_size(c), sizeof *made->holders);
    nnfs_status status =
        made->holders ? NNFS_OK : fail_memory(error, sizeof *made->holders, "the ranks of a job");
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    TRY_CLEANUP(join_file(c, bytes, wanted, descriptor, made->holders, error));
    status = wanted ? map_file(*descriptor, made, error) : NNFS_OK;
cleanup:
    if (status != NNFS_OK) {
        if (*descriptor >= 0) {
            (void)close(*descriptor);
        }
        *descriptor = -1;
        host_memory_free(made);
    }
    return status;
}

nnfs_status host_memory_create(nnfs_communicator *c, size_t bytes, host_memory *made,
                               nnfs_error *error)
{
    int descriptor = -1;
    if (c) {
        TRY(host_memory_of_some(c, bytes, true, made, &descriptor, error));
        (void)close(descriptor);
        return NNFS_OK;
    }
    *made = (host_memory){.bytes = bytes};
    TRY(make_file(bytes, &descriptor, error));
    nnfs_status status = map_file(descriptor, made, error);
    (void)close(descriptor);
    return status;
}

void host_memory_free(host_memory *memory)
{
    memory_free(memory->holders);
    if (memory->mapping) {
        (void)munmap(memory->mapping, memory->bytes);
    }
    *memory = (host_memory){0};
}

/* Sends a range to the holders of other memories, or receives it. */
static bool share_range(nnfs_communicator *c, const host_memory *memory, const host_range *range,
                        message *messages)
{
    int rank = nnfs_communicator_rank(c);
    int from = memory->holders[range->rank];
    int count = 0;
    bool wanted = memory->holders[rank] == rank && from != rank;
    if (range->rank != rank && !wanted) {
        return true;
    }
    char *data = (char *)memory->mapping + range->at;
    if (range->rank != rank) {
        messages[0] = (message){range->rank, data, range->bytes};
        return communicator_exchange(c, NULL, 0, messages, 1);
    }
    for (int to = 0; to < nnfs_communicator_size(c); to++) {
        if (memory->holders[to] == to && to != from) {
            messages[count++] = (message){to, data, range->bytes};
        }
    }
    return communicator_exchange(c, messages, count, NULL, 0);
}

nnfs_status host_memory_share(nnfs_communicator *c, const host_memory *memory,
                              const host_range *ranges, size_t count, nnfs_error *error)
{
    if (!c) {
        return NNFS_OK;
    }
    message *messages = memory_alloc((size_t)nnfs_communicator_size(c), sizeof *messages);
    nnfs_status status = messages ? NNFS_OK : fail_memory(error, count, "the ranks of a job");
    status = nnfs_communicator_agree(c, status, error);
    for (size_t i = 0; status == NNFS_OK && i < count; i++) {
        if (ranges[i].bytes > 0 && !share_range(c, memory, &ranges[i], messages)) {
            status = communicator_error(c, error);
        }
    }
    memory_free(messages);
    return nnfs_communicator_agree(c, status, error); /* all of it is there */
}
