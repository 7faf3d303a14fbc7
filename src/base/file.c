/* Whole files in and out. */
#include "base/file.h"

#include "base/memory.h"
#include "base/minmax.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
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
        if (got > 0) {
            done += (size_t)got;
        }
    }
    return (ssize_t)done;
}

nnfs_status file_read_begin(file_reader *reader, const char *path, nnfs_error *error)
{
    /* O_NONBLOCK: opening a pipe without a writer would block. */
    *reader = (file_reader){.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    reader->path = path;
    struct stat about;
    if (reader->descriptor < 0 || fstat(reader->descriptor, &about) != 0) {
        nnfs_status status = fail(error, NNFS_ERROR_IO, "%s: %s", path, strerror(errno));
        file_read_end(reader);
        return status;
    }
    if (!S_ISREG(about.st_mode)) {
        file_read_end(reader);
        return fail(error, NNFS_ERROR_DATA, "%s: not a regular file", path);
    }
    reader->size = (size_t)about.st_size;
    return NNFS_OK;
}

void file_read_begin_memory(file_reader *reader, const char *name, const void *bytes, size_t count)
{
    *reader =
        (file_reader){.descriptor = -1, .path = name, .size = count, .bytes = bytes, .left = count};
}

/* As many of the next bytes in memory as there are. */
static ssize_t copy_next(file_reader *reader, void *bytes, size_t count)
{
    size_t got = MIN(count, reader->left);
    memcpy(bytes, reader->bytes, got);
    reader->bytes += got;
    reader->left -= got;
    return (ssize_t)got;
}

nnfs_status file_read_next(file_reader *reader, void *bytes, size_t count, nnfs_error *error)
{
    ssize_t got = reader->bytes ? copy_next(reader, bytes, count)
                                : read_fully(reader->descriptor, bytes, count);
    if (got < 0) {
        return fail(error, NNFS_ERROR_IO, "%s: %s", reader->path, strerror(errno));
    }
    if ((size_t)got < count) {
        return fail(error, NNFS_ERROR_DATA, "%s: ends %zu bytes early", reader->path,
                    count - (size_t)got);
    }
    return NNFS_OK;
}

void file_read_end(file_reader *reader)
{
    if (reader->descriptor >= 0) {
        (void)close(reader->descriptor);
    }
    reader->descriptor = -1;
}

nnfs_status file_check_pointer(const char *path, nnfs_error *error)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/";
    char there[sizeof pointer - 1];
    file_reader reader;
    if (file_read_begin(&reader, path, NULL) != NNFS_OK) {
        return NNFS_OK; /* whoever reads it says what is wrong */
    }
    bool is_pointer = read_fully(reader.descriptor, (unsigned char *)there, sizeof there) ==
                          (ssize_t)sizeof there &&
                      memcmp(there, pointer, sizeof there) == 0;
    file_read_end(&reader);
    if (is_pointer) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: a pointer of Git LFS, not the file itself; 'git lfs pull' fetches it",
                    path);
    }
    return NNFS_OK;
}

/* ---- Writing ---- */

/* The folder that holds `path`, in fresh memory. */
static char *folder_of(const char *path)
{
    char *copy = strdup(path);
    char *folder = NULL;
    if (copy) {
        folder = strdup(dirname(copy));
    }
    free(copy);
    return folder;
}

/* FOLDER/.NAME.tmp.PID, and .N behind it from the second attempt on, in fresh memory. */
static char *temporary_name(const char *path, int attempt)
{
    const char *slash = strrchr(path, '/');
    const char *name = path;
    if (slash) {
        name = slash + 1;
    }
    char suffix[16] = "";
    if (attempt > 0) {
        (void)snprintf(suffix, sizeof suffix, ".%d", attempt);
    }
    char *temporary = NULL;
    if (asprintf(&temporary, "%.*s.%s.tmp.%ld%s", (int)(name - path), path, name, (long)getpid(),
                 suffix) < 0) {
        return NULL;
    }
    return temporary;
}

static nnfs_status fail_write(file_writer *writer, nnfs_error *error)
{
    nnfs_status status = fail(error, errno == ENOMEM ? NNFS_ERROR_MEMORY : NNFS_ERROR_IO,
                              "%s: cannot write: %s", writer->path, strerror(errno));
    file_write_abandon(writer);
    return status;
}

/* A new file's permissions are left to the umask; one that replaces another gets that one's. */
static void keep_permissions(const file_writer *writer, const struct stat *old)
{
    bool owned = fchown(writer->descriptor, old->st_uid, old->st_gid) == 0;
    (void)owned; /* to others root alone may give a file */
    (void)fchmod(writer->descriptor, old->st_mode & 0777u);
}

/*
 * Creates the temporary file. Its name may be taken: by another thread that saves to the same
 * place, or by a killed process that had our number, as every first process of a container has.
 */
static void create_temporary(file_writer *writer, mode_t mode)
{
    const int attempts = 100;
    for (int attempt = 0; attempt < attempts; attempt++) {
        free(writer->temporary);
        writer->temporary = temporary_name(writer->path, attempt);
        if (!writer->temporary) {
            errno = ENOMEM;
            return;
        }
        writer->descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (writer->descriptor >= 0 || errno != EEXIST) {
            break;
        }
    }
    if (writer->descriptor < 0) {
        int reason = errno;
        free(writer->temporary); /* another process's file: keep it */
        writer->temporary = NULL;
        errno = reason;
    }
}

nnfs_status file_write_begin(file_writer *writer, const char *path, nnfs_error *error)
{
    *writer = (file_writer){.descriptor = -1, .path = strdup(path)};
    if (!writer->path) {
        return fail_memory(error, strlen(path), "a file name");
    }
    /* A rename would put a file in the place of /dev/null. */
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        nnfs_status status =
            fail(error, NNFS_ERROR_IO, "%s: cannot write: not a regular file", path);
        file_write_abandon(writer);
        return status;
    }
    bool replaces = lstat(path, &about) == 0 && S_ISREG(about.st_mode);
    create_temporary(writer, replaces ? 0600 : 0666);
    if (writer->descriptor < 0) {
        return fail_write(writer, error);
    }
    if (replaces) {
        keep_permissions(writer, &about);
    }
    return NNFS_OK;
}

nnfs_status file_write_begin_memory(file_writer *writer, const char *name, nnfs_error *error)
{
    *writer = (file_writer){.descriptor = -1, .path = strdup(name), .in_memory = true};
    if (!writer->path) {
        return fail_memory(error, strlen(name), "a name");
    }
    return NNFS_OK;
}

static nnfs_status append(file_writer *writer, const void *bytes, size_t count, nnfs_error *error)
{
    size_t wanted = size_add(writer->count, count);
    if (wanted > writer->room) {
        size_t room = size_mul(wanted, 2);
        unsigned char *more = NULL;
        if (room < SIZE_MAX) {
            more = realloc(writer->bytes, room);
        }
        if (!more) {
            return fail_memory(error, wanted, writer->path);
        }
        writer->bytes = more;
        writer->room = room;
    }
    if (count > 0) {
        memcpy(writer->bytes + writer->count, bytes, count);
    }
    writer->count = wanted;
    return NNFS_OK;
}

nnfs_status file_write(file_writer *writer, const void *bytes, size_t count, nnfs_error *error)
{
    if (writer->in_memory) {
        return append(writer, bytes, count, error);
    }
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
    int descriptor = -1;
    if (folder) {
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    free(folder);
    if (descriptor < 0) {
        return -1;
    }
    /* EINVAL: a file system whose folders need no fsync, or have none. */
    int result = 0;
    if (fsync(descriptor) != 0 && errno != EINVAL) {
        result = -1;
    }
    int reason = errno;
    (void)close(descriptor);
    errno = reason;
    return result;
}

nnfs_status file_write_commit(file_writer *writer, nnfs_error *error)
{
    if (writer->in_memory) {
        return NNFS_OK;
    }
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
    free(writer->bytes);
    free(writer->path);
    *writer = (file_writer){.descriptor = -1};
}

nnfs_status file_write_all(const char *path, const void *bytes, size_t count, nnfs_error *error)
{
    file_writer writer;
    TRY(file_write_begin(&writer, path, error));
    nnfs_status status = file_write(&writer, bytes, count, error);
    if (status == NNFS_OK) {
        status = file_write_commit(&writer, error);
    }
    file_write_abandon(&writer);
    return status;
}

unsigned char *file_write_take(file_writer *writer, size_t *count)
{
    unsigned char *bytes = writer->bytes;
    *count = writer->count;
    writer->bytes = NULL;
    file_write_abandon(writer);
    return bytes;
}

/* ---- A second name ---- */

/* Copies `from` into what `path` will be. */
static nnfs_status copy_file(const char *from, const char *path, nnfs_error *error)
{
    unsigned char block[16384];
    file_reader reader;
    file_writer writer = {.descriptor = -1};
    nnfs_status status = file_read_begin(&reader, from, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = file_write_begin(&writer, path, error);
    for (size_t left = reader.size; status == NNFS_OK && left > 0;) {
        size_t count = left < sizeof block ? left : sizeof block;
        status = file_read_next(&reader, block, count, error);
        if (status == NNFS_OK) {
            status = file_write(&writer, block, count, error);
        }
        left -= count;
    }
    file_read_end(&reader);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    status = file_write_commit(&writer, error);

cleanup:
    file_write_abandon(&writer);
    return status;
}

nnfs_status file_link(const char *from, const char *path, nnfs_error *error)
{
    char *temporary = temporary_name(path, 0);
    if (!temporary) {
        return fail_memory(error, strlen(path), "a file name");
    }
    (void)unlink(temporary); /* of a killed process that had our number */
    if (link(from, temporary) != 0) {
        free(temporary);
        return copy_file(from, path, error);
    }
    /* Of two names of one file rename removes neither. */
    bool renamed = rename(temporary, path) == 0;
    int reason = errno;
    (void)unlink(temporary);
    free(temporary);
    errno = reason;
    if (!renamed || sync_folder_of(path) != 0) {
        return fail(error, errno == ENOMEM ? NNFS_ERROR_MEMORY : NNFS_ERROR_IO,
                    "%s: cannot write: %s", path, strerror(errno));
    }
    return NNFS_OK;
}
