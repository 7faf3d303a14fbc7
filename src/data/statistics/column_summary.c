/* What a dataset can be asked: its sizes, the columns of its table, its samples. */
#include "data/dataset.h"

#include "base/hash.h"
#include "data/batch.h"

#include <math.h>

/* ---- Sizes ---- */

int64_t nnfs_dataset_samples(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    return dataset->samples;
}

int nnfs_dataset_features(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    return dataset->inputs;
}

int nnfs_dataset_classes(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    return dataset->storage.classes;
}

int nnfs_dataset_outputs(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    if (dataset->storage.classes > 0) {
        return dataset->storage.classes;
    }
    return dataset->storage.target_count;
}

float nnfs_dataset_scale(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0.0f;
    }
    return dataset->storage.scale;
}

int nnfs_dataset_has_targets(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    return dataset->storage.labels || dataset->storage.targets;
}

void nnfs_dataset_class_samples(const nnfs_dataset *dataset, int64_t *counts)
{
    if (!dataset) {
        return;
    }
    for (int i = 0; i < dataset->storage.classes; i++) {
        counts[i] = 0;
    }
    for (int64_t i = 0; dataset->storage.labels && i < dataset->samples; i++) {
        counts[dataset->storage.labels[dataset_row(dataset, i)]]++;
    }
}

/* ---- The columns of its table ---- */

nnfs_reading nnfs_dataset_reading(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return (nnfs_reading){0};
    }
    if (dataset->storage.schema) {
        return dataset->storage.schema->reading;
    }
    return (nnfs_reading){0};
}

int nnfs_dataset_columns(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    if (!dataset->storage.schema) {
        return 0;
    }
    return dataset->storage.schema->column_count;
}

nnfs_column nnfs_dataset_column(const nnfs_dataset *dataset, int index)
{
    if (index < 0 || index >= nnfs_dataset_columns(dataset)) {
        return (nnfs_column){0};
    }
    const table_column *column = &dataset->storage.schema->columns[index];
    return (nnfs_column){.name = column->name,
                         .kind = column->kind,
                         .use = column->use,
                         .missing = column->missing,
                         .categories = column->category_count,
                         .format = column->format,
                         .origin = column->origin};
}

const char *nnfs_dataset_category(const nnfs_dataset *dataset, int index, int category)
{
    bool there = category >= 0 && category < nnfs_dataset_column(dataset, index).categories;
    if (!there) {
        return NULL;
    }
    return dataset->storage.schema->columns[index].categories[category];
}

float nnfs_dataset_cell(const nnfs_dataset *dataset, int64_t sample, int column)
{
    if (!dataset) {
        return NAN;
    }
    const dataset_storage *storage = &dataset->storage;
    if (sample < 0 || sample >= dataset->samples || column < 0 ||
        column >= nnfs_dataset_columns(dataset)) {
        return NAN;
    }
    nnfs_column_use use = storage->schema->columns[column].use;
    if (use == NNFS_COLUMN_DROPPED || use == NNFS_COLUMN_UNKNOWN) {
        return NAN; /* its cells were not read */
    }
    size_t cell = dataset_row(dataset, sample) * (size_t)storage->feature_count + (size_t)column;
    const unsigned char *cells = storage->features;
    float value;
    dtype_to_floats(storage->type, storage->swapped, cells + cell * dtype_bytes(storage->type), 1,
                    &value);
    return value;
}

/* ---- Samples ---- */

int64_t nnfs_dataset_row(const nnfs_dataset *dataset, int64_t sample)
{
    bool there = dataset && sample >= 0 && sample < dataset->samples;
    if (!there) {
        return -1;
    }
    return (int64_t)dataset_row(dataset, sample);
}

typedef uint64_t hash_function(uint64_t seed, const void *bytes, size_t count);

static uint64_t hash_samples(const nnfs_dataset *dataset, hash_function *hash_of, uint64_t hash)
{
    const dataset_storage *storage = &dataset->storage;
    size_t column = (size_t)storage->feature_count * dtype_bytes(storage->type);
    for (int64_t i = 0; i < dataset->samples; i++) {
        size_t row = dataset_row(dataset, i);
        hash = hash_of(hash, (const unsigned char *)storage->features + row * column, column);
        if (storage->labels) {
            hash = hash_of(hash, storage->labels + row, sizeof *storage->labels);
        } else if (storage->targets) {
            size_t outputs = (size_t)storage->target_count;
            hash = hash_of(hash, storage->targets + row * outputs, outputs * sizeof(float));
        }
    }
    return hash;
}

uint64_t nnfs_dataset_hash(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    return hash_samples(dataset, hash_bytes, HASH_START);
}

uint64_t dataset_hash_0_1(const nnfs_dataset *dataset)
{
    if (!dataset) {
        return 0;
    }
    return hash_samples(dataset, hash_bytes_0_1, HASH_START_0_1);
}

static const char *kind_of_targets(const nnfs_dataset *dataset)
{
    if (dataset->storage.labels) {
        return "classes, and no numbers to predict";
    }
    return dataset->storage.targets ? "numbers to predict, and no classes" : "no targets";
}

nnfs_status nnfs_dataset_copy(const nnfs_dataset *dataset, int64_t first, int64_t count,
                              float *features, int32_t *labels, float *targets, nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    if (first < 0 || count < 0 || count > dataset->samples || first > dataset->samples - count) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%lld samples from %lld on are not among the %lld",
                    (long long)count, (long long)first, (long long)dataset->samples);
    }
    if ((labels && !dataset->storage.labels) || (targets && !dataset->storage.targets)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the dataset has %s", kind_of_targets(dataset));
    }
    sample_batch copy = {.n = count, .x = features, .labels = labels};
    dataset_fetch(dataset, NULL, first, &copy);
    if (targets) {
        dataset_fetch_own_targets(dataset, NULL, first, count, targets);
    }
    return NNFS_OK;
}
