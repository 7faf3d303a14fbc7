/* The first rank of a host makes a file without a name; the others open it through /proc. */
#include "distributed/host_memory.h"

#include "base/memory.h"
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
} file_note;

bool host_memory_is_large(size_t bytes)
{
    return bytes > memory_limit("") / 2;
}

/* ---- The file ---- */

static const char *disk_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp";
}

/* A file whose name is removed at once. */
static int open_and_unlink(void)
{
    char *path = NULL;
    if (asprintf(&path, "%s/nnfs-samples-XXXXXX", disk_folder()) < 0) {
        errno = ENOMEM;
        return -1;
    }
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0) {
        (void)unlink(path);
    }
    free(path);
    return descriptor;
}

static int open_on_disk(size_t bytes)
{
    int descriptor = open(disk_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        descriptor = open_and_unlink(); /* NFS, and overlayfs before Linux 6.2 */
    }
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
                    large ? disk_folder() : "shared memory", strerror(errno));
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

/* The leader's file, or one of its own where that cannot be opened. */
static nnfs_status join_file(nnfs_communicator *c, size_t bytes, int *descriptor, int *holders,
                             nnfs_error *error)
{
    int rank = nnfs_communicator_rank(c);
    int leader = communicator_host_leader(c);
    nnfs_status status = leader == rank ? make_file(bytes, descriptor, error) : NNFS_OK;
    TRY(nnfs_communicator_agree(c, status, error));
    file_note own = note_of(*descriptor);
    file_note *notes = memory_alloc((size_t)nnfs_communicator_size(c), sizeof *notes);
    status = notes ? NNFS_OK : fail_memory(error, sizeof *notes, "the ranks of a job");
    if ((status = nnfs_communicator_agree(c, status, error)) != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(gather(c, &own, notes, sizeof own, error));
    if (leader != rank) {
        *descriptor = open_of(&notes[leader]);
    }
    if (*descriptor < 0) {
        leader = rank;
        status = make_file(bytes, descriptor, error);
    }
    /* The leader's descriptor stays open until all have the file. */
    if ((status = nnfs_communicator_agree(c, status, error)) != NNFS_OK) {
        goto cleanup;
    }
    status = gather(c, &leader, holders, sizeof leader, error);
cleanup:
    memory_free(notes);
    return status;
}

nnfs_status host_memory_create(nnfs_communicator *c, size_t bytes, host_memory *made,
                               nnfs_error *error)
{
    int descriptor = -1;
    nnfs_status status = NNFS_OK;
    *made = (host_memory){.bytes = bytes};
    if (c) {
        made->holders = memory_alloc((size_t)nnfs_communicator_size(c), sizeof *made->holders);
        if (!made->holders) {
            return fail_memory(error, sizeof *made->holders, "the ranks of a job");
        }
        status = join_file(c, bytes, &descriptor, made->holders, error);
    } else {
        status = make_file(bytes, &descriptor, error);
    }
    if (status == NNFS_OK) {
        void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        made->mapping = mapped == MAP_FAILED ? NULL : mapped;
        status = made->mapping ? NNFS_OK : fail_memory(error, bytes, "the samples");
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    if (status != NNFS_OK) {
        host_memory_free(made);
    }
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
    char *data = (char *)memory->mapping + range->at;
    int count = 0;
    if (range->rank != rank) {
        messages[0] = (message){range->rank, data, range->bytes};
        bool wanted = memory->holders[rank] == rank && from != rank;
        return !wanted || communicator_exchange(c, NULL, 0, messages, 1);
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

nnfs_status host_memory_from_root(nnfs_communicator *c, const void *data, size_t bytes,
                                  void **mapping, nnfs_error *error)
{
    host_memory memory;
    const host_range all = {.bytes = bytes};
    TRY(host_memory_create(c, bytes, &memory, error));
    if (data) {
        memcpy(memory.mapping, data, bytes);
    }
    nnfs_status status = host_memory_share(c, &memory, &all, 1, error);
    if (status == NNFS_OK) {
        *mapping = memory.mapping;
        memory.mapping = NULL;
    }
    host_memory_free(&memory);
    return status;
}
