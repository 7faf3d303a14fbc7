/*
 * Data from a pipe: spooled as the tools do, and read by the reader that its first bytes choose. A
 * pipe holds 64 KiB, so no second thread writes.
 */
#include "common/exit.h"
#include "common/spool.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIPE_BYTES = 60 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    char name[32];
    char *path = NULL;
    nnfs_error error = {.status = NNFS_OK};
    if (size > PIPE_BYTES) {
        return 0;
    }
    fuzz_check(pipe2(ends, O_CLOEXEC) == 0);
    fuzz_check(write(ends[1], data, size) == (ssize_t)size);
    (void)close(ends[1]);
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    fuzz_check(is_stream(name));
    fuzz_check(spool(name, &path, &error) == NNFS_OK);
    (void)close(ends[0]);

    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = 1;
    nnfs_dataset *train = NULL, *test = NULL;
    nnfs_status status = nnfs_dataset_load(path, &settings, &train, &test, &error);
    fuzz_check_error(status, &error);
    fuzz_check((status == NNFS_OK) == (train || test));
    fuzz_check(status != NNFS_ERROR_ARGUMENT);
    nnfs_dataset_free(train);
    nnfs_dataset_free(test);
    (void)close(atoi(path + strlen("/dev/fd/")));
    free(path);
    return 0;
}
