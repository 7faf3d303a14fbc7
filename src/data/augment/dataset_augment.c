/* A dataset's samples, fetched, distorted and mixed. */
#include "data/augment/dataset_augment.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/batch.h"

nnfs_status dataset_augment_create(const nnfs_dataset *dataset, const char *specification,
                                   uint64_t seed, augment **made, nnfs_error *error)
{
    nnfs_image_layout layout = nnfs_dataset_image_layout(dataset);
    nnfs_status status =
        augment_create(specification, layout, dataset->storage.classes, seed, made, error);
    if (status != NNFS_OK || layout.height * layout.width * layout.channels == dataset->inputs) {
        return status;
    }
    augment_free(*made);
    *made = NULL;
    return fail(error, NNFS_ERROR_DATA,
                "augmentation needs a value for each pixel: of %d x %d x %d there are %d inputs",
                layout.height, layout.width, layout.channels, dataset->inputs);
}

/* The scratch: a partner's picture, its targets, and what augment_apply needs. */
static size_t picture_floats(const nnfs_dataset *dataset)
{
    return size_round_up((size_t)dataset->inputs, MEMORY_LINE_FLOATS);
}

static size_t target_floats(const nnfs_dataset *dataset)
{
    return size_round_up((size_t)dataset->storage.target_count, MEMORY_LINE_FLOATS);
}

size_t dataset_augment_floats(const nnfs_dataset *dataset, const augment *what)
{
    return size_round_up(size_add(size_add(picture_floats(dataset), target_floats(dataset)),
                                  augment_scratch_floats(what)),
                         MEMORY_LINE_FLOATS);
}

static int32_t label_of(const nnfs_dataset *dataset, int64_t index)
{
    if (!dataset_has_labels(dataset)) {
        return -1;
    }
    return dataset->storage.labels[dataset_row(dataset, index)];
}

/* Mixes the sample with another one, distorted as it is by itself. */
static void mix(const nnfs_dataset *dataset, const augment *what, uint32_t epoch, int64_t other,
                fetched_sample *sample, float *scratch)
{
    float *picture = scratch;
    float *targets = picture + picture_floats(dataset);
    float *rest = targets + target_floats(dataset);
    sample_batch one = {.n = 1, .x = picture, .targets = targets};
    dataset_fetch(dataset, NULL, other, &one);
    sample->partner = label_of(dataset, other);
    augment_apply(what, epoch, dataset_row(dataset, other), sample->partner, picture, picture,
                  rest);
    augment_mix(what, sample->share, picture, sample->x);
    for (int i = 0; one.targets && sample->targets && i < dataset->storage.target_count; i++) {
        sample->targets[i] =
            sample->share * sample->targets[i] + (1.0f - sample->share) * targets[i];
    }
}

void dataset_augment_fetched(const nnfs_dataset *dataset, const augment *what, uint32_t epoch,
                             int64_t index, fetched_sample *sample, float *scratch)
{
    size_t row = dataset_row(dataset, index);
    float *rest = scratch + picture_floats(dataset) + target_floats(dataset);
    sample->partner = label_of(dataset, index);
    augment_apply(what, epoch, row, sample->partner, sample->x, sample->x, rest);
    int64_t other =
        (int64_t)augment_partner(what, epoch, row, (uint64_t)dataset->samples, &sample->share);
    if (sample->share < 1.0f) {
        mix(dataset, what, epoch, other, sample, scratch);
    }
}

nnfs_status nnfs_dataset_augmented_sample(const nnfs_dataset *dataset, const char *specification,
                                          uint64_t seed, int epoch, int64_t index, float *features,
                                          nnfs_error *error)
{
    if (!dataset || !features) {
        return fail_null(error, dataset ? "features" : "dataset");
    }
    if (index < 0 || index >= dataset->samples || epoch < 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "there is no sample %lld in epoch %d",
                    (long long)index, epoch);
    }
    sample_batch one = {.n = 1, .x = features};
    dataset_fetch(dataset, NULL, index, &one);
    if (!specification || !*specification) {
        return NNFS_OK;
    }
    augment *what = NULL;
    nnfs_status status = dataset_augment_create(dataset, specification, seed, &what, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t floats = dataset_augment_floats(dataset, what);
    float *scratch = memory_alloc(floats, sizeof *scratch);
    if (scratch) {
        fetched_sample sample = {.x = features};
        dataset_augment_fetched(dataset, what, (uint32_t)epoch, index, &sample, scratch);
    } else {
        status = fail_memory(error, size_mul(floats, sizeof *scratch), "a picture");
    }
    memory_free(scratch);
    augment_free(what);
    return status;
}
