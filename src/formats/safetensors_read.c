/*
 * Reads a safetensors file from its beginning on: length, JSON, then, once every promise of the
 * JSON has been checked against the size of the file, the tensors in one piece.
 */
#include "formats/safetensors.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/words.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "safetensors holds little-endian values, and they are used as they stand");

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [SAFETENSORS_F64] = {"F64", 8},   [SAFETENSORS_F32] = {"F32", 4},
    [SAFETENSORS_F16] = {"F16", 2},   [SAFETENSORS_BF16] = {"BF16", 2},
    [SAFETENSORS_I64] = {"I64", 8},   [SAFETENSORS_I32] = {"I32", 4},
    [SAFETENSORS_I16] = {"I16", 2},   [SAFETENSORS_I8] = {"I8", 1},
    [SAFETENSORS_U64] = {"U64", 8},   [SAFETENSORS_U32] = {"U32", 4},
    [SAFETENSORS_U16] = {"U16", 2},   [SAFETENSORS_U8] = {"U8", 1},
    [SAFETENSORS_BOOL] = {"BOOL", 1},
};

const char *safetensors_type_name(safetensors_type type)
{
    if ((size_t)type < sizeof types / sizeof *types) {
        return types[type].name;
    }
    return NULL;
}

size_t safetensors_type_size(safetensors_type type)
{
    return types[type].size;
}

/* ---- The JSON ---- */

static nnfs_status check_length(const char *path, uint64_t length, size_t size, nnfs_error *error)
{
    if (length > SAFETENSORS_HEADER_MAX) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: offset 0: a header of %llu bytes, where at most %d are read", path,
                    (unsigned long long)length, SAFETENSORS_HEADER_MAX);
    }
    if (length > size - 8) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: offset 0: a header of %llu bytes in a file that has %zu after its length",
                    path, (unsigned long long)length, size - 8);
    }
    return NNFS_OK;
}

static nnfs_status parse_json(const char *path, const char *text, size_t length, json_t **header,
                              nnfs_error *error)
{
    if (length == 0 || text[0] != '{') {
        return fail(error, NNFS_ERROR_DATA, "%s: offset 8: the header does not begin with '{'",
                    path);
    }
    while (text[length - 1] == ' ') { /* the padding; ends at the '{' at the latest */
        length--;
    }
    if (text[length - 1] != '}') {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: offset %zu: the header does not end with '}' and spaces", path,
                    8 + length - 1);
    }
    json_error_t reason;
    nnfs_status status = json_parse(text, length, header, &reason);
    if (status == NNFS_ERROR_DATA) {
        return fail(error, status, "%s: offset %d: %s", path, 8 + reason.position, reason.text);
    }
    if (status != NNFS_OK) {
        return fail_memory(error, length, "a header");
    }
    return NNFS_OK;
}

static nnfs_status read_header(file_reader *reader, json_t **header, size_t *data_bytes,
                               nnfs_error *error)
{
    uint64_t length = 0;
    if (reader->size < sizeof length) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: not a safetensors file: %zu byte%s, too few for the length it begins with",
                    reader->path, reader->size, plural(reader->size));
    }
    TRY(file_read_next(reader, &length, sizeof length, error));
    TRY(check_length(reader->path, length, reader->size, error));
    char *text = memory_alloc(length, 1);
    if (!text) {
        return fail_memory(error, length, "a header");
    }
    nnfs_status status = file_read_next(reader, text, length, error);
    if (status == NNFS_OK) {
        status = parse_json(reader->path, text, length, header, error);
    }
    memory_free(text);
    *data_bytes = reader->size - sizeof length - length;
    return status;
}

/* ---- The tensors' descriptions ---- */

static nnfs_status fail_tensor(nnfs_error *error, const char *path, const char *name,
                               const char *what)
{
    return fail(error, NNFS_ERROR_DATA, "%s: tensor '%s': %s", path, name, what);
}

static bool parse_size(const json_t *json, size_t *size)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0) {
        return false;
    }
    *size = (size_t)json_integer_value(json);
    return true;
}

static bool parse_type(const json_t *json, safetensors_type *type)
{
    const char *wanted = json_string_value(json);
    for (int i = 0; wanted && safetensors_type_name(i); i++) {
        if (strcmp(wanted, safetensors_type_name(i)) == 0) {
            *type = (safetensors_type)i;
            return true;
        }
    }
    return false;
}

/* Also counts the elements and bytes: SIZE_MAX where the product overflows. */
static bool parse_shape(const json_t *json, safetensors_tensor *tensor)
{
    size_t rank = json_array_size(json); /* 0 also where it is none */
    if (!json_is_array(json) || rank > SAFETENSORS_RANK_MAX) {
        return false;
    }
    tensor->rank = (int)rank;
    tensor->elements = 1;
    for (size_t i = 0; i < rank; i++) {
        if (!parse_size(json_array_get(json, i), &tensor->shape[i])) {
            return false;
        }
        tensor->elements = size_mul(tensor->elements, tensor->shape[i]);
    }
    tensor->bytes = size_mul(tensor->elements, types[tensor->type].size);
    return true;
}

static bool parse_offsets(const json_t *json, size_t *begin, size_t *end)
{
    return json_array_size(json) == 2 && parse_size(json_array_get(json, 0), begin) &&
           parse_size(json_array_get(json, 1), end);
}

static nnfs_status parse_tensor(const char *path, const char *name, const json_t *json,
                                size_t data_bytes, safetensors_tensor *tensor, nnfs_error *error)
{
    size_t end = 0;
    *tensor = (safetensors_tensor){.name = name};
    if (!json_is_object(json)) {
        return fail_tensor(error, path, name, "not an object");
    }
    /* Three fields, all of which are there: no other one is. */
    if (json_object_size(json) != 3) {
        return fail_tensor(error, path, name, "has other fields than dtype, shape, data_offsets");
    }
    if (!parse_type(json_object_get(json, "dtype"), &tensor->type)) {
        return fail_tensor(error, path, name, "dtype missing or unknown");
    }
    if (!parse_shape(json_object_get(json, "shape"), tensor)) {
        return fail_tensor(error, path, name, "shape is not a list of at most 8 sizes");
    }
    if (!parse_offsets(json_object_get(json, "data_offsets"), &tensor->begin, &end)) {
        return fail_tensor(error, path, name, "data_offsets is not a list of two offsets");
    }
    if (tensor->bytes == SIZE_MAX) {
        return fail_tensor(error, path, name, "the product of its shape overflows");
    }
    if (end < tensor->begin) {
        return fail_tensor(error, path, name, "ends before it begins");
    }
    if (end > data_bytes) {
        return fail_tensor(error, path, name, "ends after the file");
    }
    if (end - tensor->begin != tensor->bytes) {
        return fail_tensor(error, path, name, "its size does not match its shape");
    }
    return NNFS_OK;
}

static nnfs_status parse_metadata(const char *path, json_t *json, safetensors_file *file,
                                  nnfs_error *error)
{
    if (!json_is_object(json)) {
        return fail(error, NNFS_ERROR_DATA, "%s: __metadata__ is not an object", path);
    }
    size_t count = json_object_size(json);
    file->metadata = memory_alloc(count, sizeof *file->metadata);
    if (!file->metadata) {
        return fail_memory(error, size_mul(count, sizeof *file->metadata), "metadata");
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(json, key, value)
    {
        if (!json_is_string(value)) {
            return fail(error, NNFS_ERROR_DATA, "%s: metadata '%s' is not a string", path, key);
        }
        file->metadata[file->metadata_count++] =
            (safetensors_entry){.key = key, .value = json_string_value(value)};
    }
    return NNFS_OK;
}

static nnfs_status parse_header(const char *path, safetensors_file *file, size_t data_bytes,
                                nnfs_error *error)
{
    size_t count = json_object_size(file->header);
    file->tensors = memory_alloc(count, sizeof *file->tensors);
    if (!file->tensors) {
        return fail_memory(error, size_mul(count, sizeof *file->tensors), "a header");
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(file->header, name, value)
    {
        nnfs_status status = strcmp(name, "__metadata__") == 0
                                 ? parse_metadata(path, value, file, error)
                                 : parse_tensor(path, name, value, data_bytes,
                                                &file->tensors[file->tensor_count++], error);
        if (status != NNFS_OK) {
            return status;
        }
    }
    return NNFS_OK;
}

/* ---- The data ---- */

/* By where they begin; empty ones before the one that begins at the same place. */
static int compare_places(const void *left, const void *right)
{
    const safetensors_tensor *a = left;
    const safetensors_tensor *b = right;
    if (a->begin != b->begin) {
        if (a->begin < b->begin) {
            return -1;
        }
        return 1;
    }
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const safetensors_tensor *)left)->name,
                  ((const safetensors_tensor *)right)->name);
}

/* The tensors must cover the data from its first byte to its last, each byte once. */
static nnfs_status check_places(const char *path, safetensors_file *file, size_t data_bytes,
                                nnfs_error *error)
{
    size_t end = 0;
    qsort(file->tensors, file->tensor_count, sizeof *file->tensors, compare_places);
    for (size_t i = 0; i < file->tensor_count; i++) {
        const safetensors_tensor *tensor = &file->tensors[i];
        if (tensor->begin != end) {
            return fail_tensor(error, path, tensor->name,
                               tensor->begin > end ? "a hole before its data"
                                                   : "its data overlaps another's");
        }
        end += tensor->bytes;
    }
    if (end != data_bytes) {
        return fail(error, NNFS_ERROR_DATA, "%s: %zu bytes after the last tensor", path,
                    data_bytes - end);
    }
    qsort(file->tensors, file->tensor_count, sizeof *file->tensors, compare_names);
    return NNFS_OK;
}

static nnfs_status read_data(file_reader *reader, safetensors_file *file, size_t data_bytes,
                             nnfs_error *error)
{
    file->data = memory_alloc(data_bytes, 1);
    if (!file->data) {
        return fail_memory(error, data_bytes, reader->path);
    }
    for (size_t i = 0; i < file->tensor_count; i++) {
        file->tensors[i].data = file->data + file->tensors[i].begin;
    }
    return file_read_next(reader, file->data, data_bytes, error);
}

static nnfs_status read_all(file_reader *reader, safetensors_file *file, nnfs_error *error)
{
    size_t data_bytes = 0;
    nnfs_status status = read_header(reader, &file->header, &data_bytes, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(parse_header(reader->path, file, data_bytes, error));
    TRY_CLEANUP(check_places(reader->path, file, data_bytes, error));
    status = read_data(reader, file, data_bytes, error);
cleanup:
    file_read_end(reader);
    if (status != NNFS_OK) {
        safetensors_close(file);
    }
    return status;
}

nnfs_status safetensors_open(const char *path, safetensors_file *file, nnfs_error *error)
{
    file_reader reader;
    *file = (safetensors_file){0};
    TRY(file_read_begin(&reader, path, error));
    return read_all(&reader, file, error);
}

nnfs_status safetensors_open_memory(const char *name, const void *bytes, size_t count,
                                    safetensors_file *file, nnfs_error *error)
{
    file_reader reader;
    *file = (safetensors_file){0};
    file_read_begin_memory(&reader, name, bytes, count);
    return read_all(&reader, file, error);
}

void safetensors_close(safetensors_file *file)
{
    memory_free(file->tensors);
    memory_free(file->metadata);
    memory_free(file->data);
    json_decref(file->header);
    *file = (safetensors_file){0};
}

/* ---- Asking ---- */

const safetensors_tensor *safetensors_find(const safetensors_file *file, const char *name)
{
    const safetensors_tensor wanted = {.name = name};
    return bsearch(&wanted, file->tensors, file->tensor_count, sizeof wanted, compare_names);
}

const char *safetensors_metadata(const safetensors_file *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}
