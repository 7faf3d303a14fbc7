/*
 * Files that came from rank 0 have no name: readers open them by links in a folder of the rank's
 * own, called as the files are, to /proc/self/fd.
 */
#include "data/rank_files.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/spool_file.h"
#include "distributed/host_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that are compared between ranks: the head of a file, and its end, where gzip has its
 * checksum. */
enum { HEAD_BYTES = 4096, TAIL_BYTES = 64 };

bool rank_files_are_missing(const char *source)
{
    struct stat about;
    return stat(source, &about) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static nnfs_status fail_file(const char *path, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_IO, "%s: %s", path, strerror(errno));
}

/* ---- Comparing ---- */

/* What a rank has of the source. */
typedef struct file_view {
    uint64_t hash; /* of names, sizes, and parts of the bytes */
    bool missing;
} file_view;

static nnfs_status hash_file(const char *path, uint64_t *hash, nnfs_error *error)
{
    char bytes[HEAD_BYTES + TAIL_BYTES];
    struct stat about;
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) {
        return fail_file(path, error);
    }
    nnfs_status status = NNFS_OK;
    if (fstat(descriptor, &about) != 0) {
        status = fail_file(path, error);
    } else if (S_ISREG(about.st_mode)) { /* what is not is refused by its reader */
        int64_t size = about.st_size;
        off_t tail = (off_t)MAX(size - TAIL_BYTES, 0);
        ssize_t head = pread(descriptor, bytes, HEAD_BYTES, 0);
        head = MAX(head, 0);
        ssize_t rest = pread(descriptor, bytes + head, TAIL_BYTES, tail);
        rest = MAX(rest, 0);
        *hash = hash_bytes(*hash, name_of(path), strlen(name_of(path)) + 1);
        *hash = hash_bytes(*hash, &size, sizeof size);
        *hash = hash_bytes(*hash, bytes, (size_t)(head + rest));
    }
    (void)close(descriptor);
    return status;
}

static nnfs_status view_files(const part_files *files, const char *format, file_view *view,
                              nnfs_error *error)
{
    *view = (file_view){.hash = HASH_START, .missing = !format};
    if (!format) {
        return NNFS_OK;
    }
    view->hash = hash_bytes(HASH_START, format, strlen(format));
    for (int i = 0; i < files->count; i++) {
        TRY(hash_file(files->paths[i], &view->hash, error));
    }
    return NNFS_OK;
}

/* Whether all ranks that see the source see the same; *missing: some do not see it. */
static nnfs_status compare(const char *source, const file_view *own, nnfs_communicator *c,
                           bool *missing, nnfs_error *error)
{
    int ranks = nnfs_communicator_size(c);
    file_view *views = memory_alloc((size_t)ranks, sizeof *views);
    nnfs_status status = views ? NNFS_OK : fail_memory(error, sizeof *views, "the ranks of a job");
    *missing = false;
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    if (!communicator_gather(c, own, views, sizeof *own)) {
        status = communicator_error(c, error);
        goto cleanup;
    }
    for (int rank = 1; rank < ranks && status == NNFS_OK; rank++) {
        *missing = *missing || views[rank].missing;
        if (!views[rank].missing && views[rank].hash != views[0].hash) {
            status = fail(error, NNFS_ERROR_DATA, "%s: rank %d has other files than rank 0", source,
                          rank);
        }
    }
cleanup:
    memory_free(views);
    return status;
}

/* ---- Sending ---- */

/* What rank 0 tells of its files before it sends them. */
typedef struct file_list {
    int64_t count;
    int64_t name_bytes;
    bool of_folder; /* the source is one */
} file_list;

/* The names, each with its NUL, and the sizes of rank 0's files. */
typedef struct sent_files {
    file_list list;
    char *names;
    int64_t *sizes; /* [list.count] */
} sent_files;

static nnfs_status list_files(const char *source, const part_files *files, sent_files *sent,
                              nnfs_error *error)
{
    struct stat about;
    sent->list.count = files->count;
    sent->list.of_folder = stat(source, &about) == 0 && S_ISDIR(about.st_mode);
    for (int i = 0; i < files->count; i++) {
        sent->list.name_bytes += (int64_t)strlen(name_of(files->paths[i])) + 1;
    }
    sent->names = memory_alloc((size_t)sent->list.name_bytes, 1);
    sent->sizes = memory_alloc((size_t)files->count, sizeof *sent->sizes);
    if (!sent->names || !sent->sizes) {
        return fail_memory(error, (size_t)sent->list.name_bytes, "file names");
    }
    char *to = sent->names;
    for (int i = 0; i < files->count; i++) {
        if (stat(files->paths[i], &about) != 0) {
            return fail_file(files->paths[i], error);
        }
        sent->sizes[i] = about.st_size;
        to = stpcpy(to, name_of(files->paths[i])) + 1;
    }
    return NNFS_OK;
}

/* Rank 0's list comes to all. */
static nnfs_status share_list(nnfs_communicator *c, sent_files *sent, nnfs_error *error)
{
    bool root = nnfs_communicator_rank(c) == 0;
    if (!communicator_broadcast(c, &sent->list, sizeof sent->list, 0)) {
        return communicator_error(c, error);
    }
    size_t name_bytes = (size_t)sent->list.name_bytes;
    size_t size_bytes = size_mul((size_t)sent->list.count, sizeof *sent->sizes);
    if (!root) {
        sent->names = memory_alloc(name_bytes, 1);
        sent->sizes = memory_alloc(size_bytes, 1);
    }
    nnfs_status status =
        sent->names && sent->sizes ? NNFS_OK : fail_memory(error, name_bytes, "the ranks of a job");
    TRY(nnfs_communicator_agree(c, status, error));
    if (!communicator_broadcast(c, sent->names, name_bytes, 0) ||
        !communicator_broadcast(c, sent->sizes, size_bytes, 0)) {
        return communicator_error(c, error);
    }
    return NNFS_OK;
}

/* The folder of a rank that gets files. */
static nnfs_status make_folder(const char *source, const sent_files *sent, rank_files *made,
                               nnfs_error *error)
{
    const char *name = name_of(source);
    size_t count = (size_t)sent->list.count;
    made->links = string_list_create(count);
    made->descriptors = memory_alloc(count, sizeof *made->descriptors);
    made->shown = strdup(source);
    if (!made->links || !made->descriptors || !made->shown ||
        asprintf(&made->folder, "%s/nnfs-files-XXXXXX", spool_folder()) < 0) {
        made->folder = NULL;
        return fail_memory(error, count, "file names");
    }
    if (!mkdtemp(made->folder)) {
        nnfs_status status = fail_file(made->folder, error);
        free(made->folder);
        made->folder = NULL;
        return status;
    }
    size_t length = strlen(source);
    while (length > 1 && source[length - 1] == '/') {
        length--;
    }
    made->shown[sent->list.of_folder ? length : (size_t)(name - source)] = '\0';
    return NNFS_OK;
}

/* Reads or gets the bytes of file `index`; *descriptor: of the file that they are in here. */
static nnfs_status send_file(nnfs_communicator *c, const char *path, size_t bytes, bool wanted,
                             int *descriptor, nnfs_error *error)
{
    host_memory memory;
    const host_range all = {.bytes = bytes};
    TRY(host_memory_of_some(c, bytes, wanted, &memory, descriptor, error));
    nnfs_status status = NNFS_OK;
    if (nnfs_communicator_rank(c) == 0) {
        int from = open(path, O_RDONLY | O_CLOEXEC);
        void *mapped = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, from, 0);
        memory.mapping = mapped == MAP_FAILED ? NULL : mapped;
        status = memory.mapping ? NNFS_OK : fail_file(path, error);
        if (from >= 0) {
            (void)close(from);
        }
    }
    status = nnfs_communicator_agree(c, status, error);
    if (status == NNFS_OK) {
        status = host_memory_share(c, &memory, &all, 1, error);
    }
    host_memory_free(&memory);
    if (status != NNFS_OK && *descriptor >= 0) {
        (void)close(*descriptor);
    }
    return status;
}

/* A link to a file that came; one without a byte is a file of its own. */
static nnfs_status link_file(rank_files *to, const char *name, int descriptor, nnfs_error *error)
{
    char target[64];
    char *path = NULL;
    if (asprintf(&path, "%s/%s", to->folder, name) < 0) {
        path = NULL;
    }
    to->links[to->count] = path;
    to->descriptors[to->count++] = descriptor;
    if (!path) {
        return fail_memory(error, strlen(name), "a file name");
    }
    if (descriptor < 0) {
        int made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        return made >= 0 && close(made) == 0 ? NNFS_OK : fail_file(path, error);
    }
    (void)snprintf(target, sizeof target, "/proc/self/fd/%d", descriptor);
    return symlink(target, path) == 0 ? NNFS_OK : fail_file(path, error);
}

static nnfs_status send_files(const part_files *files, const sent_files *sent, bool wanted,
                              nnfs_communicator *c, rank_files *to, nnfs_error *error)
{
    const char *name = sent->names;
    for (int64_t i = 0; i < sent->list.count; i++, name += strlen(name) + 1) {
        int descriptor = -1;
        size_t bytes = (size_t)sent->sizes[i];
        const char *path = nnfs_communicator_rank(c) == 0 ? files->paths[i] : NULL;
        if (bytes > 0) {
            TRY(send_file(c, path, bytes, wanted, &descriptor, error));
        }
        nnfs_status status = wanted ? link_file(to, name, descriptor, error) : NNFS_OK;
        TRY(nnfs_communicator_agree(c, status, error));
    }
    return NNFS_OK;
}

/* The path of the source among the links. */
static nnfs_status find_copy(const char *source, bool of_folder, rank_files *made,
                             nnfs_error *error)
{
    if (of_folder) {
        made->copy = strdup(made->folder);
    } else if (asprintf(&made->copy, "%s/%s", made->folder, name_of(source)) < 0) {
        made->copy = NULL;
    }
    if (!made->copy) {
        return fail_memory(error, strlen(source), "a file name");
    }
    made->source = made->copy;
    return NNFS_OK;
}

nnfs_status rank_files_open(const char *source, const part_files *files, const char *format,
                            nnfs_communicator *c, rank_files *opened, nnfs_error *error)
{
    file_view own;
    sent_files sent = {.names = NULL};
    bool missing = false;
    *opened = (rank_files){.source = source};
    nnfs_status status = view_files(files, format, &own, error);
    TRY(nnfs_communicator_agree(c, status, error));
    TRY(compare(source, &own, c, &missing, error));
    if (!missing) {
        return NNFS_OK;
    }
    if (nnfs_communicator_rank(c) == 0) {
        status = list_files(source, files, &sent, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    TRY_CLEANUP(share_list(c, &sent, error));
    if (own.missing) {
        status = make_folder(source, &sent, opened, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    TRY_CLEANUP(send_files(files, &sent, own.missing, c, opened, error));
    status = own.missing ? find_copy(source, sent.list.of_folder, opened, error) : NNFS_OK;
    status = nnfs_communicator_agree(c, status, error);
cleanup:
    memory_free(sent.names);
    memory_free(sent.sizes);
    if (status != NNFS_OK) {
        rank_files_close(opened);
    }
    return status;
}

/* ---- Afterwards ---- */

void rank_files_rename(const rank_files *opened, nnfs_error *error)
{
    nnfs_error renamed = *error;
    char *to = renamed.message;
    const char *end = to + sizeof renamed.message - 1;
    if (!opened->folder) {
        return;
    }
    size_t length = strlen(opened->folder) + (strcmp(opened->copy, opened->folder) != 0);
    for (const char *from = error->message; *from && to < end;) {
        if (strncmp(from, opened->folder, strlen(opened->folder)) != 0) {
            *to++ = *from++;
            continue;
        }
        size_t room = (size_t)(end - to);
        size_t shown = strlen(opened->shown);
        memcpy(to, opened->shown, MIN(room, shown));
        to += MIN(room, shown);
        size_t left = strlen(from);
        from += MIN(left, length);
    }
    *to = '\0';
    *error = renamed;
}

void rank_files_close(rank_files *opened)
{
    for (int i = 0; i < opened->count; i++) {
        if (opened->links[i]) {
            (void)unlink(opened->links[i]);
        }
        if (opened->descriptors[i] >= 0) {
            (void)close(opened->descriptors[i]);
        }
    }
    if (opened->folder) {
        (void)rmdir(opened->folder);
    }
    string_list_free(opened->links);
    memory_free(opened->descriptors);
    free(opened->folder);
    free(opened->shown);
    free(opened->copy);
    *opened = (rank_files){.source = opened->source};
}
