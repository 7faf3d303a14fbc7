/* Files and lines for the fuzz targets. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_check_at(bool kept, const char *promise, const char *file, int line)
{
    if (!kept) {
        (void)fprintf(stderr, "%s:%d: a promise is broken: %s\n", file, line, promise);
        abort();
    }
}

void fuzz_check_error(nnfs_status status, const nnfs_error *error)
{
    fuzz_check(status == NNFS_OK || error->status == status);
    fuzz_check(status == NNFS_OK || error->message[0] != '\0');
}

static void write_all(int descriptor, const uint8_t *data, size_t size)
{
    fuzz_check(ftruncate(descriptor, 0) == 0);
    for (size_t done = 0; done < size;) {
        ssize_t now = pwrite(descriptor, data + done, size - done, (off_t)done);
        fuzz_check(now > 0);
        done += (size_t)now;
    }
}

const char *fuzz_file(int which, const uint8_t *data, size_t size)
{
    static struct {
        int descriptor;
        char path[40];
    } files[FUZZ_FILES];
    if (!files[which].path[0]) {
        files[which].descriptor = memfd_create("fuzz", MFD_CLOEXEC);
        fuzz_check(files[which].descriptor >= 0);
        (void)snprintf(files[which].path, sizeof files[which].path, "/proc/self/fd/%d",
                       files[which].descriptor);
    }
    write_all(files[which].descriptor, data, size);
    return files[which].path;
}

static char output[64];

static void remove_output(void)
{
    (void)unlink(output);
}

const char *fuzz_output(void)
{
    if (!output[0]) {
        (void)snprintf(output, sizeof output, "%s/nnfs-fuzz-%ld",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
        (void)atexit(remove_output);
    }
    return output;
}

char *fuzz_line(const uint8_t **data, size_t *size)
{
    if (*size == 0) {
        return NULL;
    }
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t length = end ? (size_t)(end - *data) : *size;
    char *line = calloc(length + 1, 1);
    fuzz_check(line != NULL);
    memcpy(line, *data, length);
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return line;
}
