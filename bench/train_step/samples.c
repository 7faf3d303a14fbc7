/* Samples as MNIST has them: bytes, four in five of them zero, and ten classes. */
#include "train_step/train_step.h"

#include "base/memory.h"
#include "base/random.h"

enum { PIXELS = 784, IMAGES = 60000, CLASSES = 10 };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static bool fill_dataset(nnfs_dataset **dataset)
{
    dataset_storage storage = {
        .features = memory_alloc((size_t)PIXELS * IMAGES, 1),
        .type = DTYPE_U8,
        .scale = 1.0f / 255.0f,
        .feature_count = PIXELS,
        .samples = IMAGES,
        .labels = memory_alloc(IMAGES, sizeof(int32_t)),
        .classes = CLASSES,
    };
    if (!storage.features || !storage.labels) {
        memory_free(storage.features);
        memory_free(storage.labels);
        return false;
    }
    uint32_t state = 1;
    uint8_t *pixels = storage.features;
    for (size_t i = 0; i < (size_t)PIXELS * IMAGES; i++) {
        uint32_t x = next_random(&state);
        pixels[i] = x % 5 == 0 ? (uint8_t)(x >> 16) : 0;
    }
    for (int i = 0; i < IMAGES; i++) {
        storage.labels[i] = (int32_t)(next_random(&state) % CLASSES);
    }
    nnfs_error error;
    return dataset_adopt(&storage, dataset, &error) == NNFS_OK;
}

bool samples_make(step_samples *samples)
{
    samples->order = memory_alloc(IMAGES, sizeof *samples->order);
    if (!samples->order || !fill_dataset(&samples->dataset)) {
        (void)fprintf(stderr, "no memory for the samples\n");
        return false;
    }
    random_permutation((random_key){1, RANDOM_ORDER}, 0, samples->order, IMAGES);
    return true;
}

void samples_free(step_samples *samples)
{
    nnfs_dataset_free(samples->dataset);
    memory_free(samples->order);
}
