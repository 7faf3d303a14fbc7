/* IDX: any bytes as the file of images, and as the file of labels. */
#include "data/idx/idx.h"
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>

/* The most samples a file is invented for that goes with the input. */
enum { MOST_SAMPLES = 4096, HEADER_BYTES = 8 };

/* The header of a rank-1 file of u8 with `count` values, which are all 0. */
static const char *zeros_file(int which, uint32_t count)
{
    static uint8_t bytes[HEADER_BYTES + MOST_SAMPLES] = {0, 0, 0x08, 1};
    for (int i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(count >> (24 - 8 * i));
    }
    return fuzz_file(which, bytes, HEADER_BYTES + count);
}

/* What the input says of its samples, so that a partner can go with it. */
static uint32_t samples_of(const uint8_t *data, size_t size)
{
    uint32_t count = 0;
    for (size_t i = 4; i < 8 && i < size; i++) {
        count = count << 8 | data[i];
    }
    return count >= 1 && count <= MOST_SAMPLES ? count : 1;
}

static void check_parts(const dataset_storage *storage)
{
    fuzz_check(storage->samples >= 1 && storage->feature_count >= 1 && storage->classes >= 1);
    for (int64_t i = 0; i < storage->samples; i++) {
        fuzz_check(storage->labels[i] >= 0 && storage->labels[i] < storage->classes);
    }
    size_t count = (size_t)storage->samples * (size_t)storage->feature_count;
    const float *values = storage->features;
    for (size_t i = 0; storage->type == DTYPE_F32 && i < count; i++) {
        fuzz_check(isfinite(values[i]));
    }
}

static void read_pair(const char *images, const char *labels)
{
    nnfs_error error = {.status = NNFS_OK};
    dataset_storage storage = {0};
    nnfs_status status = idx_read_pair(images, labels, NULL, NULL, &storage, &error);
    fuzz_check_error(status, &error);
    fuzz_check((status == NNFS_OK) == (storage.features != NULL));
    if (status == NNFS_OK) {
        check_parts(&storage);
    }
    dataset_storage_free(&storage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *given = fuzz_file(0, data, size);
    const char *partner = zeros_file(1, samples_of(data, size));
    nnfs_error error = {.status = NNFS_OK};
    fuzz_check_error(idx_check(given, &error), &error);
    read_pair(given, partner);
    read_pair(partner, given);
    return 0;
}
