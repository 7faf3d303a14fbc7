/*
 * Datasets: made of a reader's storage or of the caller's arrays, and cut into lists of rows. They
 * share memory, which has the names of their classes too.
 */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/string_list.h"
#include "data/batch.h"
#include "data/encoder.h"
#include "data/sample_weights.h"
#include "distributed/host_memory.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- Memory shared between a dataset and its splits ---- */

struct dataset_memory {
    atomic_int owners;
    dataset_storage storage;
    char *numerals; /* [classes x NUMERAL_BYTES] names of classes that have none: "0", "1", ... */
};

enum { NUMERAL_BYTES = 12 };

static void schema_free(table_schema *schema, int classes)
{
    if (schema) {
        table_columns_free(schema->columns, schema->column_count);
        for (int i = 0; schema->class_names && i < classes; i++) {
            free(schema->class_names[i]);
        }
        memory_free(schema->class_names);
        string_list_free(schema->missing);
        table_texts_free(&schema->kept);
        memory_free(schema->features);
        memory_free(schema->targets);
        memory_free(schema);
    }
}

void dataset_storage_free(dataset_storage *storage)
{
    if (storage->mapping) {
        (void)munmap(storage->mapping, storage->mapping_bytes);
    } else {
        memory_free(storage->features);
    }
    memory_free(storage->labels);
    memory_free(storage->targets);
    memory_free(storage->weights);
    schema_free(storage->schema, storage->classes);
    *storage = (dataset_storage){0};
}

static void memory_release(dataset_memory *memory)
{
    if (memory && atomic_fetch_sub(&memory->owners, 1) == 1) {
        dataset_storage_free(&memory->storage);
        memory_free(memory->numerals);
        free(memory);
    }
}

/* Allocates a dataset with room for the names of `classes`; the caller sets the rest.
 * NULL: no memory. */
static dataset_memory *memory_create(int nameless)
{
    dataset_memory *memory = calloc(1, sizeof *memory);
    char *numerals = memory_alloc((size_t)nameless, NUMERAL_BYTES);
    if (!memory || !numerals) {
        free(memory);
        memory_free(numerals);
        return NULL;
    }
    for (int i = 0; i < nameless; i++) {
        (void)snprintf(numerals + (size_t)i * NUMERAL_BYTES, NUMERAL_BYTES, "%d", i);
    }
    atomic_init(&memory->owners, 1);
    memory->numerals = numerals;
    return memory;
}

/* ---- Making and freeing ---- */

nnfs_status dataset_adopt(dataset_storage *storage, nnfs_dataset **dataset, nnfs_error *error)
{
    bool named = storage->schema && storage->schema->class_names;
    *dataset = NULL;
    nnfs_dataset *made = calloc(1, sizeof *made);
    dataset_memory *memory = memory_create(named ? 0 : storage->classes);
    if (!made || !memory) {
        free(made);
        memory_release(memory);
        dataset_storage_free(storage);
        return fail_memory(error, sizeof *made, "a dataset");
    }
    memory->storage = *storage;
    *made = (nnfs_dataset){.storage = *storage,
                           .memory = memory,
                           .samples = storage->samples,
                           .inputs = storage->feature_count};
    *storage = (dataset_storage){0};
    *dataset = made;
    return NNFS_OK;
}

void nnfs_dataset_free(nnfs_dataset *dataset)
{
    if (dataset) {
        encoder_release(dataset->encoder);
        memory_release(dataset->memory);
        memory_free(dataset->rows);
        memory_free(dataset->weights);
        free(dataset);
    }
}

void dataset_expect_order(const nnfs_dataset *dataset, bool random)
{
    const dataset_storage *storage = &dataset->storage;
    if (storage->mapping && host_memory_is_large(storage->mapping_bytes)) {
        (void)madvise(storage->mapping, storage->mapping_bytes, random ? MADV_RANDOM : MADV_NORMAL);
    }
}

/* ---- Over the caller's arrays ---- */

/* The first index whose value is not finite, or -1. */
static int64_t first_not_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return (int64_t)i;
        }
    }
    return -1;
}

static nnfs_status check_finite(const float *values, int rows, int64_t samples, const char *what,
                                nnfs_error *error)
{
    int64_t bad = first_not_finite(values, size_mul((size_t)rows, (size_t)samples));
    if (bad >= 0) {
        return fail(error, NNFS_ERROR_DATA, "%s %lld of sample %lld is not finite", what,
                    (long long)(bad % rows), (long long)(bad / rows));
    }
    return NNFS_OK;
}

static nnfs_status check_labels(const nnfs_arrays *arrays, nnfs_error *error)
{
    for (int64_t i = 0; i < arrays->samples; i++) {
        if (arrays->labels[i] < 0 || arrays->labels[i] >= arrays->classes) {
            return fail(error, NNFS_ERROR_DATA, "label %d of sample %lld is not in 0 .. %d",
                        arrays->labels[i], (long long)i, arrays->classes - 1);
        }
    }
    return NNFS_OK;
}

/* Whether the size of an array [floats x samples] fits size_t. */
static bool fits_memory(int rows, int64_t samples)
{
    return size_mul(size_mul((size_t)rows, (size_t)samples), sizeof(float)) < PTRDIFF_MAX;
}

static nnfs_status check_weights(const nnfs_arrays *arrays, nnfs_error *error)
{
    for (int64_t i = 0; i < arrays->samples; i++) {
        if (!(arrays->weights[i] >= 0.0f && isfinite(arrays->weights[i]))) {
            return fail(error, NNFS_ERROR_DATA, "the weight of sample %lld is %g, not 0 or more",
                        (long long)i, (double)arrays->weights[i]);
        }
    }
    return NNFS_OK;
}

nnfs_status dataset_check_arrays(const nnfs_arrays *arrays, bool needs_targets, nnfs_error *error)
{
    if (!arrays || !arrays->features || arrays->feature_count < 1 || arrays->samples < 1 ||
        arrays->samples >= UINT32_MAX) {
        return fail(
            error, NNFS_ERROR_ARGUMENT,
            "arrays need features, a feature_count of 1 or more, and 1 to 2^32 - 2 samples");
    }
    if (!needs_targets && !arrays->labels && !arrays->targets) {
        return NNFS_OK;
    }
    if (!arrays->labels == !arrays->targets) {
        return fail(error, NNFS_ERROR_ARGUMENT, "arrays need either labels or targets");
    }
    if (arrays->labels ? arrays->classes < 1 : arrays->target_count < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s must be 1 or more",
                    arrays->labels ? "classes" : "target_count");
    }
    if (!fits_memory(arrays->feature_count, arrays->samples) ||
        (arrays->targets && !fits_memory(arrays->target_count, arrays->samples))) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%lld samples of that size fit no memory",
                    (long long)arrays->samples);
    }
    if (arrays->labels) {
        TRY(check_labels(arrays, error));
    }
    if (arrays->weights) {
        return check_weights(arrays, error);
    }
    return NNFS_OK;
}

void dataset_view(const nnfs_arrays *arrays, nnfs_dataset *dataset)
{
    *dataset = (nnfs_dataset){
        /* Only read: nothing writes through a dataset's arrays. */
        .storage = {.features = (void *)(uintptr_t)arrays->features,
                    .type = DTYPE_F32,
                    .scale = 1.0f,
                    .feature_count = arrays->feature_count,
                    .samples = arrays->samples,
                    .labels = (int32_t *)(uintptr_t)arrays->labels,
                    .classes = arrays->labels ? arrays->classes : 0,
                    .targets = arrays->labels ? NULL : (float *)(uintptr_t)arrays->targets,
                    .target_count = arrays->labels ? 0 : arrays->target_count},
        .samples = arrays->samples,
        .inputs = arrays->feature_count,
        .weights = (float *)(uintptr_t)arrays->weights,
    };
}

nnfs_status nnfs_dataset_wrap(const nnfs_arrays *arrays, nnfs_dataset **dataset, nnfs_error *error)
{
    if (!arrays) {
        return fail_null(error, "arrays");
    }
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    *dataset = NULL;
    TRY(dataset_check_arrays(arrays, true, error));
    TRY(check_finite(arrays->features, arrays->feature_count, arrays->samples, "feature", error));
    if (arrays->targets) {
        TRY(check_finite(arrays->targets, arrays->target_count, arrays->samples, "target", error));
    }
    nnfs_dataset *made = malloc(sizeof *made);
    dataset_memory *names = memory_create(arrays->labels ? arrays->classes : 0);
    if (!made || !names) {
        free(made);
        memory_release(names);
        return fail_memory(error, sizeof *made, "a dataset");
    }
    dataset_view(arrays, made);
    made->memory = names;
    made->storage.weights = made->weights;
    made->weights = NULL;
    nnfs_status status = NNFS_OK;
    if (arrays->weights) {
        status = dataset_set_weights(made, error);
    }
    if (status != NNFS_OK) {
        nnfs_dataset_free(made);
        return status;
    }
    *dataset = made;
    return NNFS_OK;
}

/* ---- Splitting ---- */

nnfs_dataset *dataset_subset(const nnfs_dataset *dataset, const uint32_t *chosen, int64_t count)
{
    nnfs_dataset *part = malloc(sizeof *part);
    uint32_t *rows = memory_alloc((size_t)count, sizeof *rows);
    float *weights = dataset->weights ? memory_alloc((size_t)count, sizeof *weights) : NULL;
    if (!part || !rows || (dataset->weights && !weights)) {
        free(part);
        memory_free(rows);
        memory_free(weights);
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        rows[i] = (uint32_t)dataset_row(dataset, chosen[i]);
    }
    *part = *dataset;
    part->rows = rows;
    part->samples = count;
    (void)encoder_retain(part->encoder);
    part->weights = weights;
    if (weights) {
        dataset_fetch(dataset, chosen, 0, &(sample_batch){.n = count, .weights = weights});
        (void)weights_normalise(weights, count);
    }
    atomic_fetch_add(&part->memory->owners, 1);
    return part;
}

/* ---- Names of classes ---- */

const char *nnfs_dataset_class_name(const nnfs_dataset *dataset, int index)
{
    if (!dataset) {
        return NULL;
    }
    const dataset_storage *storage = &dataset->storage;
    if (index < 0 || index >= storage->classes) {
        return NULL;
    }
    if (storage->schema && storage->schema->class_names) {
        return storage->schema->class_names[index];
    }
    return dataset->memory->numerals + (size_t)index * NUMERAL_BYTES;
}

/* ---- Cells as they are written ---- */

int nnfs_dataset_kept_column(const nnfs_dataset *dataset, int which)
{
    const table_schema *schema = NULL;
    if (dataset) {
        schema = dataset->storage.schema;
    }
    if (schema && which >= 0 && which < schema->kept.count) {
        return schema->kept.columns[which];
    }
    return -1;
}

const char *nnfs_dataset_kept(const nnfs_dataset *dataset, int64_t index, int which)
{
    if (nnfs_dataset_kept_column(dataset, which) < 0 || index < 0 || index >= dataset->samples) {
        return NULL;
    }
    const table_texts *kept = &dataset->storage.schema->kept;
    return kept->bytes +
           kept->at[dataset_row(dataset, index) * (size_t)kept->count + (size_t)which];
}

static int stored_features(const nnfs_dataset *dataset)
{
    const dataset_storage *storage = &dataset->storage;
    return storage->schema ? storage->schema->feature_count : storage->feature_count;
}

static int64_t layout_values(nnfs_image_layout layout)
{
    return (int64_t)layout.height * layout.width * layout.channels;
}

/* An array that has lost a column to its targets, say, has no images any more. */
nnfs_image_layout nnfs_dataset_image_layout(const nnfs_dataset *dataset)
{
    if (!dataset || layout_values(dataset->storage.picture) != stored_features(dataset)) {
        return (nnfs_image_layout){0};
    }
    return dataset->storage.picture;
}

nnfs_status nnfs_dataset_set_image_layout(nnfs_dataset *dataset, nnfs_image_layout layout,
                                          nnfs_error *error)
{
    enum { MOST = 32768 }; /* pixels of a side */
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    bool channels = layout.channels == 1 || layout.channels == 3 || layout.channels == 4;
    if (!channels || layout.height < 1 || layout.width < 1 || layout.height > MOST ||
        layout.width > MOST) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "%d x %d pixels with %d channels are no image; 1, 3 and 4 channels are known",
                    layout.height, layout.width, layout.channels);
    }
    if (layout_values(layout) != stored_features(dataset)) {
        return fail(error, NNFS_ERROR_DATA, "images of %d x %d x %d need %lld features, got %d",
                    layout.height, layout.width, layout.channels, (long long)layout_values(layout),
                    stored_features(dataset));
    }
    dataset->storage.picture = layout;
    dataset->storage.features_are_pixels = true;
    return NNFS_OK;
}
