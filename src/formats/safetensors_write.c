/* Writes a safetensors file: the header in one piece, then the tensors as they are handed over. */
#include "formats/safetensors.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "base/words.h"

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
    if (utf8_is_valid(text)) {
        return json_string(text);
    }
    char *ascii = strdup(text);
    for (char *at = ascii; at && *at; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    json_t *json = NULL;
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
    if (!utf8_is_valid(key) || json_object_get(object, key)) {
        json_decref(value);
        if (utf8_is_valid(key)) {
            return fail(error, NNFS_ERROR_ARGUMENT, "'%s' is there twice", key);
        }
        return fail(error, NNFS_ERROR_DATA, "the name '%s' is not UTF-8", key);
    }
    if (json_object_set_new(object, key, value) != 0) { /* also for a value that is NULL */
        return fail_memory(error, strlen(key), "a header");
    }
    return NNFS_OK;
}

static nnfs_status add_metadata(json_t *header, const safetensors_entry *metadata, size_t count,
                                nnfs_error *error)
{
    json_t *object = json_object();
    TRY(add(header, "__metadata__", object, error));
    for (size_t i = 0; i < count; i++) {
        TRY(add(object, metadata[i].key, text_to_json(metadata[i].value), error));
    }
    return NNFS_OK;
}

/* Writes length and JSON, padded so that the data begins at a multiple of 8. */
static nnfs_status write_header(safetensors_writer *writer, const json_t *header, nnfs_error *error)
{
    static const char padding[8] = "        ";
    size_t length = 0;
    char *text = json_text(header, &length);
    if (!text) {
        return fail_memory(error, length, "a header");
    }
    uint64_t padded = size_round_up(length, sizeof padding);
    nnfs_status status = NNFS_OK;
    if (padded > SAFETENSORS_HEADER_MAX) {
        status = fail(error, NNFS_ERROR_DATA,
                      "%s: a header of %zu bytes is too long: at most 100,000,000",
                      text_or(writer->file.path, "a model"), length);
        goto cleanup;
    }
    TRY_CLEANUP(file_write(&writer->file, &padded, sizeof padded, error));
    TRY_CLEANUP(file_write(&writer->file, text, length, error));
    status = file_write(&writer->file, padding, padded - length, error);
cleanup:
    memory_free(text);
    return status;
}

static nnfs_status add_tensors(safetensors_writer *writer, json_t *header,
                               const safetensors_tensor *tensors, size_t count, nnfs_error *error)
{
    for (size_t i = 0; i < count; i++) {
        json_t *description = tensor_to_json(&tensors[i], &writer->missing);
        nnfs_status status = add(header, tensors[i].name, description, error);
        if (status != NNFS_OK) {
            return status;
        }
        if (writer->missing > INT64_MAX) {
            return fail(error, NNFS_ERROR_ARGUMENT, "the size of tensor '%s' overflows",
                        tensors[i].name);
        }
    }
    return NNFS_OK;
}

/* ---- The file ---- */

nnfs_status safetensors_write_begin(safetensors_writer *writer, const char *path,
                                    const safetensors_tensor *tensors, size_t tensor_count,
                                    const safetensors_entry *metadata, size_t metadata_count,
                                    nnfs_error *error)
{
    *writer = (safetensors_writer){.file = {.descriptor = -1}};
    json_t *header = json_object();
    nnfs_status status = NNFS_OK;
    if (!header) {
        status = fail_memory(error, 64, "a header");
        goto cleanup;
    }
    if (metadata_count > 0) {
        TRY_CLEANUP(add_metadata(header, metadata, metadata_count, error));
    }
    TRY_CLEANUP(add_tensors(writer, header, tensors, tensor_count, error));
    if (path) {
        TRY_CLEANUP(file_write_begin(&writer->file, path, error));
    } else {
        TRY_CLEANUP(file_write_begin_memory(&writer->file, "a model in memory", error));
    }
    status = write_header(writer, header, error);
cleanup:
    if (status != NNFS_OK) {
        safetensors_write_abandon(writer);
    }
    json_decref(header);
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
