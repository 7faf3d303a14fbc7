/* Data that come from a pipe, as a file. */
#include "common/spool.h"

#include "common/bounds.h"
#include "common/exit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_standard_input(const char *data)
{
    return strcmp(data, "-") == 0 || strcmp(data, "/dev/stdin") == 0;
}

bool is_stream(const char *data)
{
    struct stat about;
    return is_standard_input(data) ||
           (stat(data, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)));
}

static nnfs_status fail_spool(const char *what, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_IO, "cannot %s: %s", what, strerror(errno));
}

static int open_temporary(void)
{
    const char *folder = getenv("TMPDIR");
    char *name = NULL;
    if (asprintf(&name, "%s/nnfs-XXXXXX", folder && *folder ? folder : "/tmp") < 0) {
        return -1;
    }
    int file = mkostemp(name, O_CLOEXEC);
    if (file >= 0) {
        (void)unlink(name);
    }
    free(name);
    return file;
}

static bool write_fully(int file, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = write(file, bytes, count);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        bytes += MAX(done, 0);
        if (done > 0) {
            count -= (size_t)done;
        }
    }
    return true;
}

static nnfs_status copy(int from, int to, const char *data, nnfs_error *error)
{
    static char bytes[1 << 16];
    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got == 0) {
            return NNFS_OK;
        }
        if (got < 0 && errno != EINTR) {
            return set_error(error, NNFS_ERROR_IO, "%s: %s", data, strerror(errno));
        }
        if (got > 0 && !write_fully(to, bytes, (size_t)got)) {
            return fail_spool("write a temporary file in $TMPDIR", error);
        }
    }
}

nnfs_status spool(const char *data, char **path, nnfs_error *error)
{
    bool standard = is_standard_input(data);
    const char *name = standard ? "standard input" : data;
    const char *known = cli_stream_path(name); /* a stream is read once */
    if (known) {
        *path = strdup(known);
        return *path ? NNFS_OK : set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    int from = STDIN_FILENO;
    if (!standard) {
        from = open(data, O_RDONLY | O_CLOEXEC);
    }
    if (from < 0) {
        return set_error(error, NNFS_ERROR_IO, "%s: %s", data, strerror(errno));
    }
    int to = open_temporary();
    nnfs_status status = to < 0 ? fail_spool("make a temporary file in $TMPDIR", error)
                                : copy(from, to, name, error);
    if (!standard) {
        (void)close(from);
    }
    if (status != NNFS_OK) {
        goto failed;
    }
    if (asprintf(path, "/dev/fd/%d", to) < 0) {
        *path = NULL;
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto failed;
    }
    cli_name_stream(*path, name);
    return NNFS_OK;
failed:
    if (to >= 0) {
        (void)close(to);
    }
    return status;
}
