/* Writes a safetensors file: the header in one piece, then the tensors as they are handed over. */
#include "formats/safetensors.h"

#include "base/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- The header ---- */

/*
 * A text as JSON, which is UTF-8. One that is not (a file name may be any bytes) has its bytes
 * beyond ASCII replaced by '?': better a note that is a little wrong than a model that is lost.
 */
static json_t *text_to_json(const char *text)
{
    json_t *json = json_string(text);
    char *ascii = json ? NULL : strdup(text);
    for (char *at = ascii; at && *at; at++) {
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
    if (ascii) {
        json = json_string(ascii);
    }
    free(ascii);
    return json;
}

/* The arrays of integers of the format; NULL where there is no memory. */
static json_t *sizes_to_json(const size_t *sizes, int count)
{
    json_t *array = json_array();
    for (int i = 0; array && i < count; i++) {
        if (json_array_append_new(array, json_integer((json_int_t)sizes[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

/* A description at *end, which moves behind the tensor; SIZE_MAX there where the sizes overflow. */
static json_t *tensor_to_json(const safetensors_tensor *tensor, size_t *end)
{
    size_t bytes = safetensors_type_size(tensor->type);
    for (int i = 0; i < tensor->rank; i++) {
        bytes = size_mul(bytes, tensor->shape[i]);
    }
    size_t places[2] = {*end, size_add(*end, bytes)};
    *end = places[1];
    return json_pack("{s:s, s:o, s:o}", "dtype", safetensors_type_name(tensor->type), "shape",
                     sizes_to_json(tensor->shape, tensor->rank), "data_offsets",
                     sizes_to_json(places, 2));
}

/* Adds key: value, which belongs to the object from here on. */
static nnfs_status add(json_t *object, const char *key, json_t *value, nnfs_error *error)
{
    if (json_object_get(object, key)) {
        json_decref(value);
        return fail(error, NNFS_ERROR_ARGUMENT, "'%s' is there twice", key);
    }
    if (!value) {
        return fail_memory(error, strlen(key), key);
    }
    if (json_object_set_new(object, key, value) != 0) {
        return fail(error, NNFS_ERROR_DATA, "the name '%s' is not UTF-8", key);
    }
    return NNFS_OK;
}

static nnfs_status add_metadata(json_t *header, const safetensors_text *metadata, size_t count,
                                nnfs_error *error)
{
    json_t *object = json_object();
    nnfs_status status = add(header, "__metadata__", object, error);
    for (size_t i = 0; status == NNFS_OK && i < count; i++) {
        status = add(object, metadata[i].key, text_to_json(metadata[i].value), error);
    }
    return status;
}

/* The header's JSON, padded so that the data begins at a multiple of 8; freed by free(). */
static nnfs_status header_text(const json_t *header, char **text, size_t *length, nnfs_error *error)
{
    char *json = json_dumps(header, JSON_COMPACT);
    size_t used = json ? strlen(json) : 0;
    *length = size_round_up(used, 8);
    *text = json ? realloc(json, *length + 1) : NULL;
    if (!*text) {
        free(json);
        return fail_memory(error, *length, "a header");
    }
    memset(*text + used, ' ', *length - used);
    if (*length > SAFETENSORS_HEADER_MAX) {
        return fail(error, NNFS_ERROR_DATA, "a header of %zu bytes is longer than the format has",
                    *length);
    }
    return NNFS_OK;
}

static nnfs_status make_header(safetensors_writer *writer, const safetensors_tensor *tensors,
                               size_t tensor_count, const safetensors_text *metadata,
                               size_t metadata_count, char **text, size_t *length,
                               nnfs_error *error)
{
    json_t *header = json_object();
    nnfs_status status = header ? NNFS_OK : fail_memory(error, 64, "a header");
    if (status == NNFS_OK && metadata_count > 0) {
        status = add_metadata(header, metadata, metadata_count, error);
    }
    for (size_t i = 0; status == NNFS_OK && i < tensor_count; i++) {
        status = add(header, tensors[i].name, tensor_to_json(&tensors[i], &writer->missing), error);
        if (writer->missing > INT64_MAX) {
            status = fail(error, NNFS_ERROR_ARGUMENT, "the size of tensor '%s' overflows",
                          tensors[i].name);
        }
    }
    if (status == NNFS_OK) {
        status = header_text(header, text, length, error);
    }
    json_decref(header);
    return status;
}

/* ---- The file ---- */

nnfs_status safetensors_write_begin(safetensors_writer *writer, const char *path,
                                    const safetensors_tensor *tensors, size_t tensor_count,
                                    const safetensors_text *metadata, size_t metadata_count,
                                    nnfs_error *error)
{
    char *text = NULL;
    size_t length = 0;
    *writer = (safetensors_writer){.file = {.descriptor = -1}};
    nnfs_status status =
        make_header(writer, tensors, tensor_count, metadata, metadata_count, &text, &length, error);
    if (status == NNFS_OK) {
        status = file_write_begin(&writer->file, path, error);
    }
    if (status == NNFS_OK) {
        uint64_t prefix = length;
        status = file_write(&writer->file, &prefix, sizeof prefix, error);
    }
    if (status == NNFS_OK) {
        status = file_write(&writer->file, text, length, error);
    }
    free(text);
    return status;
}

nnfs_status safetensors_write(safetensors_writer *writer, const void *bytes, size_t count,
                              nnfs_error *error)
{
    if (count > writer->missing) {
        safetensors_write_abandon(writer);
        return fail(error, NNFS_ERROR_ARGUMENT, "more bytes than the tensors have");
    }
    writer->missing -= count;
    return file_write(&writer->file, bytes, count, error);
}

nnfs_status safetensors_write_commit(safetensors_writer *writer, nnfs_error *error)
{
    if (writer->missing > 0) {
        size_t missing = writer->missing;
        safetensors_write_abandon(writer);
        return fail(error, NNFS_ERROR_ARGUMENT, "%zu bytes of the tensors are missing", missing);
    }
    return file_write_commit(&writer->file, error);
}

void safetensors_write_abandon(safetensors_writer *writer)
{
    file_write_abandon(&writer->file);
    writer->missing = 0;
}
