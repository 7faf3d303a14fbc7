/* Whole files in and out. */
#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Reading ---- */

/* Like read(2) until `count` bytes or the end of the file; -1 with errno on an error. */
static ssize_t read_fully(int descriptor, unsigned char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = read(descriptor, bytes + done, count - done);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)done;
}

/* Moves the bytes into a buffer twice as large, at most limit + 1 bytes. */
static unsigned char *grow(unsigned char *bytes, size_t used, size_t *capacity, size_t limit)
{
    size_t larger = size_mul(*capacity, 2) > limit ? size_add(limit, 1) : *capacity * 2;
    unsigned char *moved = memory_alloc(larger, 1);
    if (moved) {
        memcpy(moved, bytes, used);
        memory_free(bytes);
        *capacity = larger;
    }
    return moved;
}

static nnfs_status read_all(int descriptor, const char *path, size_t limit, unsigned char **bytes,
                            size_t *count, nnfs_error *error)
{
    size_t capacity = limit < 65536 ? limit + 1 : 65536;
    size_t used = 0;
    *bytes = memory_alloc(capacity, 1);
    while (*bytes) {
        ssize_t got = read_fully(descriptor, *bytes + used, capacity - used);
        if (got < 0) {
            return fail(error, NNFS_ERROR_IO, "%s: %s", path, strerror(errno));
        }
        used += (size_t)got;
        if (used > limit) {
            return fail(error, NNFS_ERROR_DATA, "%s: longer than %zu bytes", path, limit);
        }
        if (used < capacity) {
            *count = used;
            return NNFS_OK;
        }
        unsigned char *moved = grow(*bytes, used, &capacity, limit);
        if (!moved) {
            break;
        }
        *bytes = moved;
    }
    return fail_memory(error, size_mul(capacity, 2), path);
}

nnfs_status file_read(const char *path, size_t limit, unsigned char **bytes, size_t *count,
                      nnfs_error *error)
{
    *bytes = NULL;
    *count = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", path, strerror(errno));
    }
    nnfs_status status = read_all(descriptor, path, limit, bytes, count, error);
    if (status != NNFS_OK) {
        memory_free(*bytes);
        *bytes = NULL;
    }
    (void)close(descriptor);
    return status;
}

/* ---- Writing ---- */

/* The folder that holds `path`, in fresh memory. */
static char *folder_of(const char *path)
{
    char *copy = strdup(path);
    char *folder = copy ? strdup(dirname(copy)) : NULL;
    free(copy);
    return folder;
}

/* FOLDER/.NAME.tmp.PID in fresh memory. */
static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *temporary = NULL;
    if (asprintf(&temporary, "%.*s.%s.tmp.%ld", (int)(name - path), path, name, (long)getpid()) <
        0) {
        return NULL;
    }
    return temporary;
}

static nnfs_status fail_write(file_writer *writer, nnfs_error *error)
{
    nnfs_status status =
        fail(error, NNFS_ERROR_IO, "%s: cannot write: %s", writer->path, strerror(errno));
    file_write_abandon(writer);
    return status;
}

nnfs_status file_write_begin(file_writer *writer, const char *path, nnfs_error *error)
{
    writer->descriptor = -1;
    writer->path = strdup(path);
    writer->temporary = temporary_name(path);
    if (!writer->path || !writer->temporary) {
        file_write_abandon(writer);
        return fail_memory(error, strlen(path), "a file name");
    }
    writer->descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (writer->descriptor < 0) {
        /* Not ours: leave whatever is there. */
        free(writer->temporary);
        writer->temporary = NULL;
        return fail_write(writer, error);
    }
    return NNFS_OK;
}

nnfs_status file_write(file_writer *writer, const void *bytes, size_t count, nnfs_error *error)
{
    const unsigned char *at = bytes;
    while (count > 0) {
        ssize_t written = write(writer->descriptor, at, count);
        if (written < 0 && errno != EINTR) {
            return fail_write(writer, error);
        }
        if (written > 0) {
            at += written;
            count -= (size_t)written;
        }
    }
    return NNFS_OK;
}

static int sync_folder_of(const char *path)
{
    char *folder = folder_of(path);
    int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (descriptor < 0) {
        return -1;
    }
    int result = fsync(descriptor);
    (void)close(descriptor);
    return result;
}

nnfs_status file_write_commit(file_writer *writer, nnfs_error *error)
{
    if (fsync(writer->descriptor) != 0) {
        return fail_write(writer, error);
    }
    int descriptor = writer->descriptor;
    writer->descriptor = -1;
    if (close(descriptor) != 0 || rename(writer->temporary, writer->path) != 0) {
        return fail_write(writer, error);
    }
    free(writer->temporary); /* it has become the target: nothing to remove any more */
    writer->temporary = NULL;
    if (sync_folder_of(writer->path) != 0) {
        return fail_write(writer, error);
    }
    file_write_abandon(writer);
    return NNFS_OK;
}

void file_write_abandon(file_writer *writer)
{
    if (writer->descriptor >= 0) {
        (void)close(writer->descriptor);
    }
    if (writer->temporary) {
        (void)unlink(writer->temporary);
    }
    free(writer->temporary);
    free(writer->path);
    *writer = (file_writer){.descriptor = -1};
}
