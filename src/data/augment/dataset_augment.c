/* Augmentation as a property of a dataset. */
#include "base/memory.h"
#include "base/status.h"
#include "data/augment/augment.h"
#include "data/batch.h"
#include "data/dataset.h"

#include <string.h>

nnfs_status nnfs_dataset_augment(nnfs_dataset *dataset, const char *specification, uint64_t seed,
                                 nnfs_error *error)
{
    nnfs_image_layout layout = nnfs_dataset_image_layout(dataset);
    augment *made = NULL;
    nnfs_status status = NNFS_OK;
    if (specification) {
        status = augment_create(specification, layout, dataset->parts.classes, seed, &made, error);
    }
    if (status == NNFS_OK && made &&
        layout.height * layout.width * layout.channels != dataset->inputs) {
        status =
            fail(error, NNFS_ERROR_DATA,
                 "augmentation needs a value for each pixel: of %d x %d x %d there are %d inputs",
                 layout.height, layout.width, layout.channels, dataset->inputs);
    }
    if (status != NNFS_OK) {
        augment_free(made);
        return status;
    }
    augment_free(dataset->augmentation);
    dataset->augmentation = made;
    return NNFS_OK;
}

static void distort(const nnfs_dataset *dataset, uint32_t epoch, int64_t index, float *picture,
                    float *scratch)
{
    int32_t label = -1;
    sample_batch one = {.n = 1, .x = picture, .labels = &label};
    dataset_fetch(dataset, NULL, index, &one);
    augment_apply(dataset->augmentation, epoch, dataset_row(dataset, index), label, picture,
                  picture, scratch);
}

nnfs_status nnfs_dataset_augmented_sample(const nnfs_dataset *dataset, int epoch, int64_t index,
                                          float *features, nnfs_error *error)
{
    const augment *what = dataset->augmentation;
    if (index < 0 || index >= dataset->samples || epoch < 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "there is no sample %lld in epoch %d",
                    (long long)index, epoch);
    }
    if (!what) {
        sample_batch one = {.n = 1, .x = features};
        dataset_fetch(dataset, NULL, index, &one);
        return NNFS_OK;
    }
    size_t inputs = size_round_up((size_t)dataset->inputs, MEMORY_LINE_FLOATS);
    size_t floats = size_add(inputs, augment_scratch_floats(what));
    float *partner = memory_alloc(floats, sizeof *partner);
    if (!partner) {
        return fail_memory(error, size_mul(floats, sizeof *partner), "a picture");
    }
    float weight = 1.0f;
    int64_t other = (int64_t)augment_partner(what, (uint32_t)epoch, dataset_row(dataset, index),
                                             (uint64_t)dataset->samples, &weight);
    distort(dataset, (uint32_t)epoch, index, features, partner + inputs);
    if (weight < 1.0f) {
        distort(dataset, (uint32_t)epoch, other, partner, partner + inputs);
        augment_mix(what, weight, partner, features);
    }
    memory_free(partner);
    return NNFS_OK;
}
