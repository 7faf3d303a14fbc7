#include "base/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *spool_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp";
}

/* A file whose name is removed at once. */
static int open_and_unlink(void)
{
    char *path = NULL;
    if (asprintf(&path, "%s/nnfs-samples-XXXXXX", spool_folder()) < 0) {
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

int spool_descriptor(void)
{
    int descriptor = open(spool_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        return open_and_unlink(); /* NFS, and overlayfs before Linux 6.2 */
    }
    return descriptor;
}

static nnfs_status fail_spool(size_t bytes, int code, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_IO, "%zu bytes for samples in %s: %s", bytes, spool_folder(),
                strerror(code));
}

nnfs_status spool_open(spool_file *made, nnfs_error *error)
{
    *made = (spool_file){.descriptor = spool_descriptor()};
    made->open = made->descriptor >= 0;
    if (made->open) {
        return NNFS_OK;
    }
    return fail_spool(0, errno, error);
}

nnfs_status spool_write(spool_file *spool, const void *data, size_t bytes, nnfs_error *error)
{
    size_t end = spool->bytes + bytes;
    while (spool->bytes < end) {
        size_t left = end - spool->bytes;
        ssize_t now = pwrite(spool->descriptor, (const char *)data + (bytes - left), left,
                             (off_t)spool->bytes);
        if (now < 0 && errno != EINTR) {
            return fail_spool(end, errno, error);
        }
        spool->bytes += now > 0 ? (size_t)now : 0;
    }
    return NNFS_OK;
}

nnfs_status spool_map(const spool_file *spool, size_t bytes, void **mapping, nnfs_error *error)
{
    *mapping = NULL;
    if (bytes > spool->bytes) { /* a full disk shows here */
        off_t more = (off_t)(bytes - spool->bytes);
        int code = posix_fallocate(spool->descriptor, (off_t)spool->bytes, more);
        if (code != 0) {
            return fail_spool(bytes, code, error);
        }
    }
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, spool->descriptor, 0);
    if (mapped == MAP_FAILED) {
        return fail_memory(error, bytes, "the samples");
    }
    *mapping = mapped;
    return NNFS_OK;
}

void spool_close(spool_file *spool)
{
    if (spool->open) {
        (void)close(spool->descriptor);
    }
    *spool = (spool_file){0};
}
