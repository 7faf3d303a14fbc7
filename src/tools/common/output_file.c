/* Written under another name in the same folder, then renamed. */
#include "common/output_file.h"

#include "common/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nnfs_status fail_writing(const output_file *file, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_IO, "cannot write '%s': %s", file->path, strerror(errno));
}

/* As a new file would have them, or as the file that will be replaced has them. */
static void keep_permissions(int descriptor, const char *path)
{
    struct stat old;
    mode_t mask = umask(0);
    (void)umask(mask);
    bool replaces = stat(path, &old) == 0;
    bool owned = replaces && fchown(descriptor, old.st_uid, old.st_gid) == 0;
    (void)owned; /* to others root alone may give a file */
    (void)fchmod(descriptor, replaces ? old.st_mode & 0777u : 0666u & ~mask);
}

/* The name is on the disk, too; EINVAL: a file system whose folders need no fsync. */
static bool sync_folder_of(const char *path)
{
    char *copy = strdup(path);
    int folder = -1;
    if (copy) {
        folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    bool synced = folder >= 0 && (fsync(folder) == 0 || errno == EINVAL);
    int reason = errno;
    if (folder >= 0) {
        (void)close(folder);
    }
    free(copy);
    errno = reason;
    return synced;
}

static nnfs_status open_temporary(output_file *file, nnfs_error *error)
{
    int descriptor = mkostemp(file->temporary, 0);
    if (descriptor < 0) {
        nnfs_status status = fail_writing(file, error);
        free(file->temporary); /* there is nothing to remove */
        file->temporary = NULL;
        return status;
    }
    keep_permissions(descriptor, file->path);
    file->stream = fdopen(descriptor, "w");
    if (!file->stream) {
        nnfs_status status = fail_writing(file, error);
        (void)close(descriptor);
        return status;
    }
    return NNFS_OK;
}

nnfs_status output_open(const char *path, output_file *file, nnfs_error *error)
{
    if (path && strcmp(path, "-") == 0) {
        path = NULL;
    }
    *file = (output_file){.stream = path ? NULL : stdout};
    if (!path) {
        return NNFS_OK;
    }
    file->path = realpath(path, NULL);
    if (!file->path) {
        file->path = strdup(path);
    }
    if (!file->path || asprintf(&file->temporary, "%s.XXXXXX", file->path) < 0) {
        file->temporary = NULL;
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return open_temporary(file, error);
}

nnfs_status output_commit(output_file *file, nnfs_error *error)
{
    if (!file->path) {
        return NNFS_OK; /* stdout is looked at when the tool ends */
    }
    bool written =
        fflush(file->stream) == 0 && !ferror(file->stream) && fsync(fileno(file->stream)) == 0;
    written = fclose(file->stream) == 0 && written;
    file->stream = NULL;
    if (!written || rename(file->temporary, file->path) != 0) {
        return fail_writing(file, error);
    }
    free(file->temporary);
    file->temporary = NULL;
    if (!sync_folder_of(file->path)) {
        return fail_writing(file, error);
    }
    return NNFS_OK;
}

void output_discard(output_file *file)
{
    if (file->path && file->stream) {
        (void)fclose(file->stream);
    }
    if (file->temporary) {
        (void)unlink(file->temporary);
    }
    free(file->temporary);
    free(file->path);
    *file = (output_file){.stream = NULL};
}
