/* Batches filled: stored values converted and encoded, column by column. */
#include "data/batch.h"

#include "base/memory.h"
#include "base/vector.h"
#include "data/encoder.h"

#include <string.h>

/* Where sample `i` of the order lies. */
static size_t row_of(const nnfs_dataset *dataset, const uint32_t *order, int64_t i)
{
    return dataset_row(dataset, order ? (int64_t)order[i] : i);
}

VECTOR_CLONES
static void pixels_to_floats(const uint8_t *restrict pixels, size_t count, float scale,
                             float *restrict x)
{
    /* Whole cache lines of pixels, then the rest in narrower steps: a 28 x 28 image leaves 16. */
    size_t wide = count & ~(size_t)(MEMORY_ALIGNMENT - 1);
#pragma omp simd
    for (size_t i = 0; i < wide; i++) {
        x[i] = (float)pixels[i] * scale;
    }
#pragma omp simd simdlen(16)
    for (size_t i = wide; i < count; i++) {
        x[i] = (float)pixels[i] * scale;
    }
}

VECTOR_CLONES
static void scaled_copy(const float *restrict stored, size_t count, float scale, float *restrict x)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        x[i] = stored[i] * scale;
    }
}

VECTOR_CLONES
static void scale_floats(float *x, size_t count, float scale)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        x[i] *= scale;
    }
}

/* Of any type, at any address. */
static void convert(const dataset_storage *storage, const unsigned char *stored, size_t count,
                    float *x)
{
    dtype_to_floats(storage->type, storage->swapped, stored, count, x);
    if (storage->scale != 1.0f) {
        scale_floats(x, count, storage->scale);
    }
}

/* Whether the values are floats that lie as this machine's do: in a mapped file they may not. */
static bool are_floats(const dataset_storage *storage)
{
    return storage->type == DTYPE_F32 && !storage->swapped &&
           (uintptr_t)storage->features % sizeof(float) == 0;
}

/*
 * Shuffled rows lie where no hardware prefetcher expects them: asks for one a few rows before its
 * turn, for the first few at once, and at the end for those that the next call may begin with.
 */
#define ROWS_AHEAD 4

/* Where the stored rows lie, and in which order they are asked for. */
typedef struct row_reader {
    const nnfs_dataset *dataset;
    const uint32_t *order;
    const unsigned char *rows;
    size_t row_bytes;
    size_t from, bytes; /* what is wanted of a row */
} row_reader;

/* Whether the values of a row are features, of which some alone can be read. */
static bool has_features(const nnfs_dataset *dataset)
{
    return !dataset->encoder;
}

static row_reader row_reader_of(const nnfs_dataset *dataset, const uint32_t *order,
                                const sample_batch *to)
{
    const dataset_storage *storage = &dataset->storage;
    size_t size = dtype_bytes(storage->type);
    row_reader made = {dataset, order, storage->features, (size_t)storage->feature_count * size,
                       .bytes = (size_t)storage->feature_count * size};
    if (to->features > 0 && has_features(dataset)) {
        made.from = (size_t)to->feature * size;
        made.bytes = (size_t)to->features * size;
    }
    return made;
}

static const unsigned char *stored_row(const row_reader *reader, int64_t i)
{
    return reader->rows + row_of(reader->dataset, reader->order, i) * reader->row_bytes;
}

/* In line: gcc takes a function that only prefetches for one without effects, and leaves
 * its calls out. */
static inline __attribute__((always_inline)) void prefetch_row(const row_reader *reader, int64_t i)
{
    if (i < reader->dataset->samples) {
        const unsigned char *row = stored_row(reader, i) + reader->from;
        size_t bytes = reader->bytes;
        for (size_t at = 0; at < bytes; at += MEMORY_ALIGNMENT) {
            __builtin_prefetch(row + at);
        }
    }
}

/* The features of one sample that are wanted, as floats. */
static void convert_row(const row_reader *reader, const sample_batch *to, int64_t i, float *column)
{
    const nnfs_dataset *dataset = reader->dataset;
    const dataset_storage *storage = &dataset->storage;
    const unsigned char *row = stored_row(reader, i) + reader->from;
    size_t features = reader->bytes / dtype_bytes(storage->type);
    if (!has_features(dataset)) {
        float *whole = to->features > 0 ? to->scratch : column;
        encoder_features(dataset->encoder, storage->type, storage->swapped, row, whole);
        if (to->features > 0) {
            memcpy(column, whole + to->feature, (size_t)to->features * sizeof *column);
        }
    } else if (storage->type == DTYPE_U8) {
        pixels_to_floats(row, features, storage->scale, column);
    } else if (are_floats(storage)) {
        scaled_copy((const float *)(const void *)row, features, storage->scale, column);
    } else {
        convert(storage, row, features, column);
    }
}

static void fetch_features(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                           const sample_batch *to)
{
    row_reader reader = row_reader_of(dataset, order, to);
    for (int64_t i = 0; i < ROWS_AHEAD && i < to->n; i++) {
        prefetch_row(&reader, first + i);
    }
    for (int64_t i = 0; i < to->n; i++) {
        prefetch_row(&reader, first + i + ROWS_AHEAD);
        convert_row(&reader, to, first + i, to->x + (size_t)i * (size_t)dataset->inputs);
    }
}

void dataset_fetch_own_targets(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                               int64_t count, float *targets)
{
    size_t outputs = (size_t)dataset->storage.target_count;
    for (int64_t i = 0; i < count; i++) {
        memcpy(targets + (size_t)i * outputs,
               dataset->storage.targets + row_of(dataset, order, first + i) * outputs,
               outputs * sizeof *targets);
    }
}

void dataset_fetch(const nnfs_dataset *dataset, const uint32_t *order, int64_t first,
                   sample_batch *to)
{
    if (!dataset_has_labels(dataset)) {
        to->labels = NULL;
    }
    if (!dataset_has_targets(dataset)) {
        to->targets = NULL;
    }
    if (!dataset_has_weights(dataset)) {
        to->weights = NULL;
    }
    if (to->x) {
        fetch_features(dataset, order, first, to);
    }
    for (int64_t i = 0; to->labels && i < to->n; i++) {
        to->labels[i] = dataset->storage.labels[row_of(dataset, order, first + i)];
    }
    for (int64_t i = 0; to->weights && i < to->n; i++) {
        to->weights[i] = dataset->weights[order ? (int64_t)order[first + i] : first + i];
    }
    if (to->targets) {
        dataset_fetch_own_targets(dataset, order, first, to->n, to->targets);
        preprocessing_scale_targets(encoder_preprocessing(dataset->encoder), to->n, to->targets);
    }
}

void dataset_fetch_stored(const nnfs_dataset *dataset, int64_t index, float *row)
{
    const dataset_storage *storage = &dataset->storage;
    size_t values = (size_t)storage->feature_count;
    size_t at = dataset_row(dataset, index) * values * dtype_bytes(storage->type);
    dtype_to_floats(storage->type, storage->swapped, (const unsigned char *)storage->features + at,
                    values, row);
}
