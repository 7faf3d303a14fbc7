/*
 * One IDX file, and the pair of samples and labels. All that a header promises is checked before a
 * value is read; values of every type are exact as a double on their way to float32 or int32.
 */
#include "data/idx/idx.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "data/input_stream.h"
#include "distributed/host_memory.h"
#include "platform/memory_limit.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    LARGEST_RANK = 8,
    LARGEST_LABEL = 65535,
};

/* ---- Types ---- */

static uint32_t big_endian_32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static double value_u8(const unsigned char *at)
{
    return at[0];
}

static double value_i8(const unsigned char *at)
{
    return (int8_t)at[0];
}

static double value_i16(const unsigned char *at)
{
    return (int16_t)(at[0] << 8 | at[1]);
}

static double value_i32(const unsigned char *at)
{
    return (int32_t)big_endian_32(at);
}

static double value_f32(const unsigned char *at)
{
    uint32_t bits = big_endian_32(at);
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double value_f64(const unsigned char *at)
{
    uint64_t bits = (uint64_t)big_endian_32(at) << 32 | big_endian_32(at + 4);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

typedef struct idx_type {
    unsigned char code; /* the header's third byte */
    bool integer;
    size_t size; /* bytes a value */
    double (*value)(const unsigned char *at);
} idx_type;

static const idx_type types[] = {
    {0x08, true, 1, value_u8},  {0x09, true, 1, value_i8},   {0x0B, true, 2, value_i16},
    {0x0C, true, 4, value_i32}, {0x0D, false, 4, value_f32}, {0x0E, false, 8, value_f64},
};

static const idx_type *find_type(unsigned char code)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].code == code) {
            return &types[i];
        }
    }
    return NULL;
}

/* ---- The header ---- */

typedef struct idx_header {
    const idx_type *type;
    int rank;
    size_t sizes[LARGEST_RANK];
    size_t samples;
    size_t features; /* values a sample */
    size_t bytes;    /* of all values */
    size_t start;    /* where the values begin */
} idx_header;

static nnfs_status read_magic(input_stream *from, idx_header *header, nnfs_error *error)
{
    unsigned char magic[4];
    size_t got = 0;
    nnfs_status status = input_stream_read(from, magic, sizeof magic, &got, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (got < sizeof magic) {
        return input_stream_fail(from, got, error, "%s",
                                 got == 0 ? "it is empty" : "the header ends here");
    }
    if (magic[0] != 0 || magic[1] != 0) {
        bool swapped = magic[2] == 0 && magic[3] == 0 && find_type(magic[1]);
        return input_stream_fail(from, 0, error, "%s: it begins with %02x %02x, IDX with 00 00",
                                 swapped ? "the header is little-endian" : "neither IDX nor gzip",
                                 magic[0], magic[1]);
    }
    header->type = find_type(magic[2]);
    if (!header->type) {
        return input_stream_fail(
            from, 2, error, "type %02X is none of u8 08, i8 09, i16 0B, i32 0C, f32 0D, f64 0E",
            magic[2]);
    }
    header->rank = magic[3];
    if (header->rank < 1 || header->rank > LARGEST_RANK) {
        return input_stream_fail(from, 3, error, "rank %d is not one of 1 to %d", header->rank,
                                 LARGEST_RANK);
    }
    return NNFS_OK;
}

static nnfs_status read_sizes(input_stream *from, idx_header *header, nnfs_error *error)
{
    unsigned char sizes[4 * LARGEST_RANK];
    size_t wanted = 4 * (size_t)header->rank;
    size_t got = 0;
    TRY(input_stream_read(from, sizes, wanted, &got, error));
    if (got < wanted) {
        return input_stream_fail(from, 4 + got, error, "the header ends here");
    }
    header->features = 1;
    for (int i = 0; i < header->rank; i++) {
        size_t offset = 4 + 4 * (size_t)i;
        size_t size = header->sizes[i] = big_endian_32(sizes + 4 * i);
        if (size == 0) {
            return input_stream_fail(from, offset, error, "size %d of %d is 0", i + 1,
                                     header->rank);
        }
        if (i == 0) {
            header->samples = size;
        } else {
            header->features = size_mul(header->features, size);
        }
        if (header->features > INT_MAX) {
            return input_stream_fail(from, offset, error,
                                     "the sizes give a sample more than %d values", INT_MAX);
        }
    }
    return NNFS_OK;
}

static nnfs_status read_header(input_stream *from, idx_header *header, nnfs_error *error)
{
    TRY(read_magic(from, header, error));
    TRY(read_sizes(from, header, error));
    header->start = input_stream_offset(from);
    header->bytes = size_mul(size_mul(header->samples, header->features), header->type->size);
    if (header->bytes < SIZE_MAX) {
        return NNFS_OK;
    }
    return input_stream_fail(from, 4, error, "the product of the sizes overflows");
}

/* ---- Labels ---- */

static nnfs_status check_labels_header(const input_stream *from, const idx_header *header,
                                       nnfs_error *error)
{
    if (header->rank != 1) {
        return input_stream_fail(from, 3, error,
                                 "labels have rank 1, this has %d: are images and labels swapped?",
                                 header->rank);
    }
    if (!header->type->integer) {
        return input_stream_fail(from, 2, error, "labels are integers, these are floats");
    }
    return NNFS_OK;
}

/* Fills storage->labels, and storage->classes, if it is 0, with the largest label + 1. */
static nnfs_status convert_labels(const input_stream *from, const idx_header *header,
                                  const unsigned char *values, dataset_storage *storage,
                                  nnfs_error *error)
{
    double largest = LARGEST_LABEL;
    if (storage->classes > 0) {
        largest = storage->classes - 1;
    }
    int32_t seen = 0;
    for (size_t i = 0; i < header->samples; i++) {
        size_t at = i * header->type->size;
        double label = header->type->value(values + at);
        if (label < 0 || label > largest) {
            return input_stream_fail(from, header->start + at, error,
                                     "label %.0f is not one of 0 to %.0f%s", label, largest,
                                     storage->classes > 0 ? ", the training classes" : "");
        }
        storage->labels[i] = (int32_t)label;
        seen = MAX(storage->labels[i], seen);
    }
    if (storage->classes <= 0) {
        storage->classes = seen + 1;
    }
    return NNFS_OK;
}

static nnfs_status read_labels_of(input_stream *from, dataset_storage *storage, nnfs_error *error)
{
    idx_header header;
    unsigned char *values = NULL;
    nnfs_status status = read_header(from, &header, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(check_labels_header(from, &header, error));
    TRY_CLEANUP(input_stream_read_rest(from, header.bytes, &values, error));
    storage->samples = (int64_t)header.samples;
    storage->labels = memory_alloc(header.samples, sizeof *storage->labels);
    if (storage->labels) {
        status = convert_labels(from, &header, values, storage, error);
    } else {
        status = fail_memory(error, size_mul(header.samples, 4), "the labels");
    }
cleanup:
    memory_free(values);
    return status;
}

/* ---- Samples ---- */

/* What the labels, read before, and a training set ask of the samples. */
static nnfs_status check_samples_header(const input_stream *from, const idx_header *header,
                                        const dataset_storage *storage, const dataset_storage *like,
                                        nnfs_error *error)
{
    dtype type = header->type->code == 0x08 ? DTYPE_U8 : DTYPE_F32;
    if (header->samples != (size_t)storage->samples) {
        return input_stream_fail(from, 4, error,
                                 "%zu samples here, but %lld labels in the file of labels",
                                 header->samples, (long long)storage->samples);
    }
    if (like && type != like->type) {
        return input_stream_fail(from, 2, error, "type %02X here, but the training samples are %s",
                                 header->type->code, like->type == DTYPE_U8 ? "u8" : "not u8");
    }
    if (like && header->features != (size_t)like->feature_count) {
        return input_stream_fail(from, header->rank > 1 ? 8 : 4, error,
                                 "%zu values a sample here, but %d in the training samples",
                                 header->features, like->feature_count);
    }
    return NNFS_OK;
}

/* What is wrong with a value that is no finite float32. */
static const char *name_of_value(double value)
{
    if (isnan(value)) {
        return "NaN";
    }
    return isinf(value) ? "infinite" : "too large for float32";
}

/* Values from `first` on; `count` of them. */
static nnfs_status convert_samples(const input_stream *from, const idx_header *header,
                                   const unsigned char *values, size_t first, size_t count,
                                   float *features, nnfs_error *error)
{
    size_t size = header->type->size;
    for (size_t i = 0; i < count; i++) {
        double value = header->type->value(values + i * size);
        features[i] = (float)value;
        if (!isfinite(features[i])) {
            return input_stream_fail(from, header->start + (first + i) * size, error,
                                     "the value is %s", name_of_value(value));
        }
    }
    return NNFS_OK;
}

/* Converts to float32, in place where the sizes agree; `values` is taken over or freed. */
static nnfs_status take_numbers(const input_stream *from, const idx_header *header, void *values,
                                dataset_storage *storage, nnfs_error *error)
{
    size_t count = header->samples * header->features;
    bool in_place = header->type->size == sizeof(float);
    storage->features = in_place ? values : memory_alloc(count, sizeof(float));
    nnfs_status status;
    if (storage->features) {
        status = convert_samples(from, header, values, 0, count, storage->features, error);
    } else {
        status = fail_memory(error, size_mul(count, sizeof(float)), "the samples");
    }
    if (!in_place) {
        memory_free(values);
    }
    return status;
}

/* All that is stored of the samples, but their values. */
static void describe_samples(const idx_header *header, dataset_storage *storage)
{
    bool pixels = header->type->code == 0x08;
    storage->feature_count = (int)header->features;
    storage->picture = image_layout_of_shape(header->rank, header->sizes);
    storage->type = pixels ? DTYPE_U8 : DTYPE_F32;
    storage->scale = pixels ? 1.0f / 255.0f : 1.0f;
}

static nnfs_status take_samples(const input_stream *from, const idx_header *header, void *values,
                                dataset_storage *storage, nnfs_error *error)
{
    describe_samples(header, storage);
    if (header->type->code != 0x08) {
        return take_numbers(from, header, values, storage, error);
    }
    storage->features = values;
    return NNFS_OK;
}

/* Pixels that need not be unpacked stay in the file. */
static nnfs_status map_samples(const input_stream *from, const idx_header *header,
                               dataset_storage *storage, nnfs_error *error)
{
    TRY(input_stream_map_rest(from, header->bytes, &storage->mapping, &storage->mapping_bytes,
                              error));
    unsigned char *values = (unsigned char *)storage->mapping + input_stream_offset(from);
    return take_samples(from, header, values, storage, error);
}

/* Reads and converts all values, some at a time. */
static nnfs_status fill_numbers(input_stream *from, const idx_header *header, float *features,
                                nnfs_error *error)
{
    enum { VALUES = 32768 };
    size_t size = header->type->size;
    size_t count = header->samples * header->features;
    unsigned char *values = memory_alloc(VALUES, size);
    if (!values) {
        return fail_memory(error, VALUES * size, "the samples");
    }
    nnfs_status status = input_stream_check_rest(from, header->bytes, error);
    for (size_t at = 0; at < count && status == NNFS_OK; at += VALUES) {
        size_t some = MIN(count - at, VALUES);
        size_t got = 0;
        bool last = at + some == count;
        if (last) { /* sees that nothing follows */
            status = input_stream_fill(from, values, some * size, error);
        } else {
            status = input_stream_read(from, values, some * size, &got, error);
        }
        if (status == NNFS_OK && !last && got < some * size) {
            status = input_stream_fail(from, input_stream_offset(from), error,
                                       "the data ends here, but the header promises more");
        }
        if (status == NNFS_OK) {
            status = convert_samples(from, header, values, at, some, features + at, error);
        }
    }
    memory_free(values);
    return status;
}

/* Samples for ranks, or too large for memory: rank 0 reads them. */
static nnfs_status read_shared(input_stream *from, const idx_header *header, size_t bytes,
                               nnfs_communicator *c, dataset_storage *storage, nnfs_error *error)
{
    host_memory memory;
    const host_range all = {.bytes = bytes};
    nnfs_status status = NNFS_OK;
    TRY(host_memory_create(c, bytes, &memory, error));
    if (nnfs_communicator_rank(c) == 0 && header->type->code == 0x08) {
        status = input_stream_fill(from, memory.mapping, header->bytes, error);
    } else if (nnfs_communicator_rank(c) == 0) {
        status = fill_numbers(from, header, memory.mapping, error);
    }
    TRY_CLEANUP(nnfs_communicator_agree(c, status, error));
    TRY_CLEANUP(host_memory_share(c, &memory, &all, 1, error));
    describe_samples(header, storage);
    storage->features = storage->mapping = memory.mapping;
    storage->mapping_bytes = bytes;
    memory.mapping = NULL;
cleanup:
    host_memory_free(&memory);
    return status;
}

static nnfs_status read_samples_of(input_stream *from, const dataset_storage *like,
                                   nnfs_communicator *c, dataset_storage *storage,
                                   nnfs_error *error)
{
    idx_header header;
    unsigned char *values = NULL;
    TRY(read_header(from, &header, error));
    TRY(check_samples_header(from, &header, storage, like, error));
    bool pixels = header.type->code == 0x08 && !input_stream_packed(from);
    if (pixels && (c || header.bytes > memory_limit("") / 2)) {
        return map_samples(from, &header, storage, error);
    }
    size_t count = size_mul(header.samples, header.features);
    size_t bytes = header.type->code == 0x08 ? count : size_mul(count, sizeof(float));
    if (c || host_memory_is_large(bytes)) {
        return read_shared(from, &header, bytes, c, storage, error);
    }
    TRY(input_stream_read_rest(from, header.bytes, &values, error));
    return take_samples(from, &header, values, storage, error);
}

nnfs_status idx_check(const char *path, nnfs_error *error)
{
    idx_header header;
    input_stream *from = NULL;
    nnfs_status status = input_stream_open(path, &from, error);
    if (status == NNFS_OK) {
        status = read_header(from, &header, error);
    }
    input_stream_close(from);
    return status;
}

/* ---- The pair ---- */

nnfs_status idx_read_pair(const char *images, const char *labels, const dataset_storage *like,
                          nnfs_communicator *c, dataset_storage *storage, nnfs_error *error)
{
    dataset_storage read = {.classes = like ? like->classes : 0};
    input_stream *from = NULL;
    /* The labels first: they are short, and much that may be wrong shows in them. */
    nnfs_status status;
    TRY_CLEANUP(input_stream_open(labels, &from, error));
    TRY_CLEANUP(read_labels_of(from, &read, error));
    input_stream_close(from);
    from = NULL;
    TRY_CLEANUP(input_stream_open(images, &from, error));
    TRY_CLEANUP(read_samples_of(from, like, c, &read, error));
    *storage = read;
cleanup:
    input_stream_close(from);
    if (status != NNFS_OK) {
        dataset_storage_free(&read);
    }
    return status;
}
