/*
 * The dataset "digits": 60,000 drawn images to train on, and the 10,000 of the same seed that
 * follow to test on.
 */
#include "data/synthetic/digits.h"
#include "base/memory.h"
#include "data/reader.h"

static void fill_labels(int64_t first, int64_t samples, int32_t *labels)
{
    for (int64_t i = 0; i < samples; i++) {
        labels[i] = digits_label((uint64_t)(first + i));
    }
}

static nnfs_status draw_dataset(const nnfs_dataset_settings *settings, int64_t first,
                                int64_t samples, nnfs_dataset **dataset, nnfs_error *error)
{
    size_t bytes = size_mul((size_t)samples, DIGITS_PIXELS);
    dataset_storage storage = {
        .features = memory_alloc(bytes, 1),
        .type = DTYPE_U8,
        .scale = 1.0f / 255.0f,
        .feature_count = DIGITS_PIXELS,
        .picture = {DIGITS_SIDE, DIGITS_SIDE, 1, 0},
        .samples = samples,
        .labels = memory_alloc((size_t)samples, sizeof(*storage.labels)),
        .classes = DIGITS_CLASSES,
    };
    if (!storage.features || !storage.labels) {
        memory_free(storage.features);
        memory_free(storage.labels);
        return fail_memory(error, bytes, "drawn digits");
    }
    digits_draw_run(settings->seed, (uint64_t)first, samples, settings->threads, storage.features);
    fill_labels(first, samples, storage.labels);
    return dataset_adopt(&storage, dataset, error);
}

nnfs_status digits_load(const char *source, const nnfs_dataset_settings *settings,
                        nnfs_dataset **train, nnfs_dataset **test, nnfs_error *error)
{
    (void)source; /* there is but one */
    nnfs_status status = draw_dataset(settings, 0, DIGITS_TRAIN, train, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = draw_dataset(settings, DIGITS_TRAIN, DIGITS_TEST, test, error);
    if (status != NNFS_OK) {
        nnfs_dataset_free(*train);
        *train = NULL;
    }
    return status;
}
