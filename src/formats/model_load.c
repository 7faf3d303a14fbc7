/* Models read: metadata, then tensors, and only when both agree a network. */
#include "base/json_text.h"
#include "base/memory.h"
#include "formats/model.h"
#include "formats/preprocessing_json.h"
#include "formats/safetensors.h"
#include "network/network.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static bool parse_positive(const json_t *json, int *value)
{
    json_int_t wide = json_integer_value(json); /* 0 where it is no integer */
    if (wide < 1 || wide > INT_MAX) {
        return false;
    }
    *value = (int)wide;
    return true;
}

static const char *activation_name(int value)
{
    return nnfs_activation_name((nnfs_activation)value);
}

static const char *loss_name(int value)
{
    return nnfs_loss_name((nnfs_loss)value);
}

static nnfs_status check_format(model_file *model, nnfs_error *error)
{
    const char *format = safetensors_metadata(&model->file, "format");
    if (!format) {
        return fail(error, NNFS_ERROR_DATA, "%s: not a model of nnfs: its metadata has no 'format'",
                    model->path);
    }
    if (strcmp(format, MODEL_FORMAT) != 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: the format is '%s', where '%s' can be read",
                    model->path, format, MODEL_FORMAT);
    }
    return NNFS_OK;
}

/* A metadata text parsed as JSON; *json is NULL where there is none or it is not. Error: MEMORY. */
static nnfs_status metadata_json(const model_file *model, const char *key, json_t **json,
                                 nnfs_error *error)
{
    const char *text = safetensors_metadata(&model->file, key);
    *json = NULL;
    if (text && json_parse(text, strlen(text), json, NULL) == NNFS_ERROR_MEMORY) {
        return fail_memory(error, strlen(text), "a header");
    }
    return NNFS_OK;
}

static nnfs_status parse_inputs(model_file *model, nnfs_error *error)
{
    json_t *json;
    nnfs_status status = metadata_json(model, "inputs", &json, error);
    bool good = parse_positive(json, &model->inputs);
    json_decref(json);
    if (status == NNFS_OK && !good) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'inputs' is not a positive number",
                    model->path);
    }
    return status;
}

static nnfs_status parse_layer(model_file *model, int index, const json_t *json, nnfs_error *error)
{
    nnfs_layer *layer = &model->layers[index];
    const char *name = json_string_value(json_object_get(json, "activation"));
    int found = model_find_name(activation_name, name);
    if (json_object_size(json) != 2 ||
        !parse_positive(json_object_get(json, "width"), &layer->width) || !name) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: metadata 'layers': layer %d is not a positive width and an activation",
                    model->path, index + 1);
    }
    if (found < 0) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: metadata 'layers': layer %d has the unknown activation '%s'", model->path,
                    index + 1, name);
    }
    layer->activation = (nnfs_activation)found;
    return NNFS_OK;
}

static nnfs_status parse_layers(model_file *model, nnfs_error *error)
{
    json_t *json;
    nnfs_status status = metadata_json(model, "layers", &json, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t count = json_array_size(json); /* 0 also where it is none */
    if (count == 0 || count > INT_MAX / 2) {
        status = fail(error, NNFS_ERROR_DATA, "%s: metadata 'layers' is not a list of layers",
                      model->path);
        goto end;
    }
    model->layers = memory_alloc(count, sizeof *model->layers);
    if (!model->layers) {
        status = fail_memory(error, size_mul(count, sizeof *model->layers), "a model's layers");
        goto end;
    }
    model->layer_count = (int)count;
    for (int i = 0; status == NNFS_OK && i < model->layer_count; i++) {
        status = parse_layer(model, i, json_array_get(json, (size_t)i), error);
    }
end:
    json_decref(json);
    return status;
}

static nnfs_status parse_loss(model_file *model, nnfs_error *error)
{
    const char *name = safetensors_metadata(&model->file, "loss");
    int found = model_find_name(loss_name, name);
    if (found < 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'loss' is %s%s", model->path,
                    name ? "the unknown " : "missing", name ? name : "");
    }
    model->loss = (nnfs_loss)found;
    return NNFS_OK;
}

static nnfs_status check_tensor(const model_file *model, const char *name, int rank, size_t rows,
                                size_t columns, nnfs_error *error)
{
    const safetensors_tensor *tensor = safetensors_find(&model->file, name);
    if (!tensor) {
        return fail(error, NNFS_ERROR_DATA, "%s: tensor '%s' is missing", model->path, name);
    }
    if (tensor->type != SAFETENSORS_F32) {
        return fail(error, NNFS_ERROR_DATA, "%s: tensor '%s' is %s, not F32", model->path, name,
                    safetensors_type_name(tensor->type));
    }
    if (tensor->rank != rank || tensor->shape[0] != rows ||
        (rank == 2 && tensor->shape[1] != columns)) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: tensor '%s' has not the shape that the layers' widths give it",
                    model->path, name);
    }
    return NNFS_OK;
}

/* The tensors of one flat buffer. */
static nnfs_status check_buffer(const model_file *model, const char *prefix, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < model->layer_count; i++) {
        model_name name;
        size_t in = (size_t)(i > 0 ? model->layers[i - 1].width : model->inputs);
        size_t out = (size_t)model->layers[i].width;
        model_name_tensor(name, prefix, i, "weight");
        status = check_tensor(model, name, 2, out, in, error);
        if (status == NNFS_OK) {
            model_name_tensor(name, prefix, i, "bias");
            status = check_tensor(model, name, 1, out, 0, error);
        }
    }
    return status;
}

/* Whether a checkpoint has a state of its optimizer; a model has none. */
static bool has_state(const model_file *model, const char *prefix)
{
    model_name name;
    model_name_tensor(name, prefix, 0, "weight");
    return safetensors_metadata(&model->file, MODEL_CHECKPOINT) &&
           safetensors_find(&model->file, name);
}

/*
 * The tensors are exactly those of the layers. The file holds all their bytes, so that a network
 * of this size may now be allocated.
 */
static nnfs_status check_tensors(model_file *model, nnfs_error *error)
{
    model->has_first = has_state(model, MODEL_FIRST_PREFIX);
    model->has_second = has_state(model, MODEL_SECOND_PREFIX);
    nnfs_status status = check_buffer(model, "", error);
    if (status == NNFS_OK && model->has_first) {
        status = check_buffer(model, MODEL_FIRST_PREFIX, error);
    }
    if (status == NNFS_OK && model->has_second) {
        status = check_buffer(model, MODEL_SECOND_PREFIX, error);
    }
    int buffers = 1 + model->has_first + model->has_second;
    if (status == NNFS_OK &&
        model->file.tensor_count != 2 * (size_t)model->layer_count * (size_t)buffers) {
        status = fail(error, NNFS_ERROR_DATA, "%s: %zu tensors, where its %d layers have %d",
                      model->path, model->file.tensor_count, model->layer_count,
                      2 * model->layer_count * buffers);
    }
    return status;
}

/* A file of another writer may have none. */
static nnfs_status check_checksum(model_file *model, nnfs_error *error)
{
    const safetensors_file *file = &model->file;
    const char *stored = safetensors_metadata(file, MODEL_CHECKSUM);
    char computed[16];
    size_t bytes = 0;
    uint32_t crc = 0;
    if (!stored) {
        return NNFS_OK;
    }
    for (size_t i = 0; i < file->metadata_count; i++) {
        const safetensors_text *text = &file->metadata[i];
        crc = strcmp(text->key, MODEL_CHECKSUM) == 0
                  ? crc
                  : model_crc_text(model_crc_text(crc, text->key), text->value);
    }
    for (size_t i = 0; i < file->tensor_count; i++) {
        bytes += file->tensors[i].bytes;
    }
    crc = (uint32_t)crc32_z(crc, file->data, bytes);
    (void)snprintf(computed, sizeof computed, "%08lx", (unsigned long)crc);
    if (strcmp(stored, computed) != 0) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: damaged: its checksum is %s, but that of its contents %s", model->path,
                    strlen(stored) == 8 ? stored : "none", computed);
    }
    return NNFS_OK;
}

/* The network of these layers, its values still zero. What a network may be is known there. */
static nnfs_status create(const model_file *model, nnfs_network **network, nnfs_error *error)
{
    nnfs_error reason = {0};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = model->inputs;
    settings.layers = model->layers;
    settings.layer_count = model->layer_count;
    settings.loss = model->loss;
    settings.init = NNFS_INIT_ZEROS;
    nnfs_status status = nnfs_network_create(&settings, network, &reason);
    if (status != NNFS_OK) {
        status = status == NNFS_ERROR_ARGUMENT ? NNFS_ERROR_DATA : status;
        return fail(error, status, "%s: %s", model->path, reason.message);
    }
    return NNFS_OK;
}

/* Fills W [out x in], in a buffer laid out like the parameters, from rows, which may lie at any byte. */
static void read_weights(const safetensors_tensor *tensor, const network_layer *layer,
                         float *values)
{
    const unsigned char *rows = tensor->data;
    size_t out = (size_t)layer->out;
    size_t in = (size_t)layer->in;
    for (size_t first = 0; first < out; first += MODEL_BLOCK_ROWS) {
        size_t end = out - first < MODEL_BLOCK_ROWS ? out : first + MODEL_BLOCK_ROWS;
        for (size_t i = 0; i < in; i++) {
            for (size_t row = first; row < end; row++) {
                memcpy(&values[network_weight(layer, row, i)],
                       rows + sizeof *values * (row * in + i), sizeof *values);
            }
        }
    }
}

static nnfs_status fail_not_finite(const model_file *model, const char *name, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DATA, "%s: tensor '%s' has a value that is not finite",
                model->path, name);
}

nnfs_status model_read_buffer(const model_file *model, const nnfs_network *network,
                              const model_buffer *buffer, nnfs_error *error)
{
    for (int i = 0; i < network->layer_count; i++) {
        model_name name;
        const network_layer *layer = &network->layers[i];
        float *biases = buffer->values + layer->biases;
        model_name_tensor(name, buffer->prefix, i, "weight");
        const safetensors_tensor *tensor = safetensors_find(&model->file, name);
        read_weights(tensor, layer, buffer->values);
        if (!model_all_finite(buffer->values + layer->weights, tensor->elements)) {
            return fail_not_finite(model, name, error);
        }
        model_name_tensor(name, buffer->prefix, i, "bias");
        tensor = safetensors_find(&model->file, name);
        memcpy(biases, tensor->data, tensor->bytes);
        if (!model_all_finite(biases, tensor->elements)) {
            return fail_not_finite(model, name, error);
        }
    }
    return NNFS_OK;
}

static nnfs_status read_notes(const model_file *model, nnfs_network *network, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (size_t i = 0; status == NNFS_OK && i < model->file.metadata_count; i++) {
        const safetensors_text *text = &model->file.metadata[i];
        if (strncmp(text->key, MODEL_NOTE_PREFIX, strlen(MODEL_NOTE_PREFIX)) == 0) {
            status = nnfs_network_set_note(network, text->key + strlen(MODEL_NOTE_PREFIX),
                                           text->value, error);
        }
    }
    return status;
}

/* Before the weights are read: giving it to a network may change them. */
static nnfs_status read_preprocessing(const model_file *model, nnfs_network *network,
                                      nnfs_error *error)
{
    const char *text = safetensors_metadata(&model->file, "preprocessing");
    nnfs_preprocessing *preprocessing = NULL;
    nnfs_error reason = {0};
    if (!text) {
        return NNFS_OK;
    }
    nnfs_status status = preprocessing_from_json(text, &preprocessing, &reason);
    if (status == NNFS_OK) {
        status = nnfs_network_set_preprocessing(network, preprocessing, &reason);
    }
    nnfs_preprocessing_free(preprocessing);
    if (status != NNFS_OK) {
        status = status == NNFS_ERROR_ARGUMENT ? NNFS_ERROR_DATA : status;
        return fail(error, status, "%s: metadata 'preprocessing': %.300s", model->path,
                    reason.message);
    }
    return NNFS_OK;
}

/* ---- All of it ---- */

nnfs_status model_open(const char *path, model_file *model, nnfs_error *error)
{
    /* Each step needs what the ones before it have found. */
    static nnfs_status (*const steps[])(model_file *, nnfs_error *) = {
        check_format, check_checksum, parse_inputs, parse_layers, parse_loss, check_tensors};
    *model = (model_file){.path = path};
    nnfs_status status = safetensors_open(path, &model->file, error);
    for (size_t i = 0; status == NNFS_OK && i < sizeof steps / sizeof *steps; i++) {
        status = steps[i](model, error);
    }
    return status;
}

void model_close(model_file *model)
{
    memory_free(model->layers);
    safetensors_close(&model->file);
    *model = (model_file){0};
}

nnfs_status model_network(const model_file *model, nnfs_network **network, nnfs_error *error)
{
    nnfs_status status = create(model, network, error);
    if (status == NNFS_OK) {
        status = read_preprocessing(model, *network, error);
    }
    if (status == NNFS_OK) {
        const model_buffer parameters = {"", (*network)->parameters};
        status = model_read_buffer(model, *network, &parameters, error);
    }
    if (status == NNFS_OK) {
        status = read_notes(model, *network, error);
    }
    if (status != NNFS_OK) {
        nnfs_network_free(*network);
        *network = NULL;
    }
    return status;
}

nnfs_status nnfs_network_load(const char *path, nnfs_network **network, nnfs_error *error)
{
    model_file model;
    *network = NULL;
    nnfs_status status = model_open(path, &model, error);
    if (status == NNFS_OK) {
        status = model_network(&model, network, error);
    }
    model_close(&model);
    return status;
}
