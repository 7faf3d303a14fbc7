/*
 * A fuzz target's main without libFuzzer: gives it every file of the folders named, and of those in
 * them, one after the other. Usage: TARGET PATH...
 */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int replayed;

static int replay(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)where;
    if (type != FTW_F) {
        return 0;
    }
    size_t size = (size_t)about->st_size;
    /* Exactly as large as the input, so that AddressSanitizer sees a read beyond it. */
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    bool read = data && file && fread(data, 1, size, file) == size;
    if (file) {
        (void)fclose(file);
    }
    if (read) {
        (void)fprintf(stderr, "%s\n", path); /* the last one said is the one that failed */
        (void)LLVMFuzzerTestOneInput(data, size);
        replayed++;
    }
    free(data);
    return read ? 0 : -1;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int before = replayed;
        if (nftw(argv[i], replay, 8, FTW_PHYS) != 0 || replayed == before) {
            (void)fprintf(stderr, "%s: %s\n", argv[i],
                          replayed == before ? "nothing to replay here" : "cannot be read");
            return 1;
        }
    }
    (void)fprintf(stderr, "%d inputs replayed\n", replayed);
    return replayed > 0 ? 0 : 1;
}
