/* Models read: metadata, then tensors, and only when both agree a network. */
#include "base/file.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/words.h"
#include "formats/model.h"
#include "formats/preprocessing_json.h"
#include "formats/safetensors.h"
#include "formats/settings_json.h"
#include "math/loss_text.h"
#include "network/network_settings.h"

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

/* Parses a metadata text as JSON; *json is NULL if it does not exist or is not
 * JSON. Error: MEMORY. */
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

/* A positive number in the metadata, which need not be there if it is `initial` then. */
static nnfs_status parse_count(const model_file *model, const char *key, int initial, int *count,
                               nnfs_error *error)
{
    json_t *json;
    TRY(metadata_json(model, key, &json, error));
    bool missing = initial > 0 && !safetensors_metadata(&model->file, key);
    *count = initial;
    bool positive = missing || parse_positive(json, count);
    json_decref(json);
    if (!positive) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata '%s' is not a positive number",
                    model->path, key);
    }
    return NNFS_OK;
}

/* Makes the network from the number of its inputs and that of its layers. */
static nnfs_status parse_shape(model_file *model, nnfs_error *error)
{
    int inputs;
    TRY(parse_count(model, "inputs", 0, &inputs, error));
    TRY(metadata_json(model, "layers", &model->layers, error));
    size_t count = json_array_size(model->layers); /* 0 if it is no array, too */
    if (count == 0 || count > INT_MAX / 2) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'layers' is not a list of layers",
                    model->path);
    }
    model->network = network_new(inputs, (int)count);
    if (!model->network) {
        return fail_memory(error, size_mul(count, sizeof(network_layer)), "a model's layers");
    }
    return NNFS_OK;
}

static nnfs_status parse_layers(model_file *model, nnfs_error *error)
{
    nnfs_error reason;
    for (int i = 0; i < model->network->layer_count; i++) {
        const json_t *json = json_array_get(model->layers, (size_t)i);
        if (settings_from_json(&layer_settings, json, &model->network->layers[i], &reason) !=
            NNFS_OK) {
            return fail(error, NNFS_ERROR_DATA, "%s: metadata 'layers': layer %d: %s", model->path,
                        i + 1, reason.message);
        }
    }
    return NNFS_OK;
}

/* The settings that are newer than version 0.1, a text each. */
static nnfs_status parse_settings(model_file *model, nnfs_error *error)
{
    for (size_t i = 0; i < network_settings.count; i++) {
        const setting *row = &network_settings.rows[i];
        if (!row->later || !safetensors_metadata(&model->file, row->about.name)) {
            continue;
        }
        json_t *json;
        TRY(metadata_json(model, row->about.name, &json, error));
        bool known = setting_from_json(&network_settings, row, json, model->network);
        json_decref(json);
        if (!known) {
            return fail(error, NNFS_ERROR_DATA, "%s: metadata '%s' has an unknown value",
                        model->path, row->about.name);
        }
    }
    return NNFS_OK;
}

static nnfs_status parse_networks(model_file *model, nnfs_error *error)
{
    TRY(parse_count(model, "networks", 1, &model->networks, error));
    if (model->networks > NETWORKS_MOST) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'networks' is more than %d", model->path,
                    NETWORKS_MOST);
    }
    return NNFS_OK;
}

static nnfs_status parse_loss(model_file *model, nnfs_error *error)
{
    const char *name = safetensors_metadata(&model->file, "loss");
    int loss = loss_read(name, &model->network->quantile);
    if (loss < 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'loss' is %s%s", model->path,
                    name ? "the unknown " : "missing", text_or(name, ""));
    }
    model->network->loss = (nnfs_loss)loss;
    return NNFS_OK;
}

/* ---- Embeddings ---- */

/* The embeddings of the metadata and their lists: first inputs, then sizes. */
typedef struct embedding_list {
    nnfs_embedding embeddings[EMBEDDING_KINDS];
    int *values[EMBEDDING_KINDS][2];
} embedding_list;

/*
 * Takes a list of whole numbers, 0 to `most`, out of an object; what else they must be,
 * network_take_embeddings checks. A missing list stays NULL.
 */
static nnfs_status take_list(json_t *object, const char *key, int most, int **list, int *count,
                             nnfs_error *error)
{
    const json_t *json = json_object_get(object, key);
    size_t size = json_array_size(json);
    if (!json) {
        return NNFS_OK;
    }
    if (size < 1 || size > (size_t)most) {
        return fail(error, NNFS_ERROR_DATA, "'%s' is not a list of inputs", key);
    }
    *list = memory_alloc(size, sizeof **list);
    *count = (int)size;
    if (!*list) {
        return fail_memory(error, size * sizeof **list, "embeddings");
    }
    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(json, i);
        json_int_t value = json_integer_value(item);
        if (!json_is_integer(item) || value < 0 || value > most) {
            return fail(error, NNFS_ERROR_DATA, "'%s' is not a list of inputs", key);
        }
        (*list)[i] = (int)value;
    }
    (void)json_object_del(object, key);
    return NNFS_OK;
}

static nnfs_status parse_embedding(json_t *json, int inputs, nnfs_embedding *to, int *values[2],
                                   nnfs_error *error)
{
    int sizes = 0;
    TRY(take_list(json, "inputs", inputs, &values[0], &to->count, error));
    TRY(take_list(json, "sizes", inputs, &values[1], &sizes, error));
    to->inputs = values[0];
    to->sizes = values[1];
    if (to->sizes && sizes != to->count) {
        return fail(error, NNFS_ERROR_DATA, "it has %d inputs and %d sizes", to->count, sizes);
    }
    return settings_from_json(&embedding_settings, json, to, error);
}

static nnfs_status parse_list(model_file *model, const json_t *json, embedding_list *list,
                              nnfs_error *error)
{
    size_t count = json_array_size(json);
    if (count < 1 || count > EMBEDDING_KINDS) {
        return fail(error, NNFS_ERROR_DATA, "not a list of 1 to %d", EMBEDDING_KINDS);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(parse_embedding(json_array_get(json, i), model->network->inputs, &list->embeddings[i],
                            list->values[i], error));
    }
    return network_take_embeddings(model->network, list->embeddings, (int)count, error);
}

static nnfs_status parse_embeddings(model_file *model, nnfs_error *error)
{
    json_t *json;
    nnfs_error reason;
    embedding_list list = {.values = {{NULL}}};
    if (!safetensors_metadata(&model->file, "embeddings")) {
        return NNFS_OK;
    }
    TRY(metadata_json(model, "embeddings", &json, error));
    nnfs_status status = parse_list(model, json, &list, &reason);
    for (int i = 0; i < EMBEDDING_KINDS; i++) {
        memory_free(list.values[i][0]);
        memory_free(list.values[i][1]);
    }
    json_decref(json);
    if (status != NNFS_OK) {
        return fail(error, status == NNFS_ERROR_MEMORY ? status : NNFS_ERROR_DATA,
                    "%s: metadata 'embeddings': %s", model->path, reason.message);
    }
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

/* Number of tensors of a flat buffer, each of which the file must have. */
static nnfs_status check_buffer(const model_file *model, const model_buffer *buffer, size_t *count,
                                nnfs_error *error)
{
    for (int i = 0; i < model->network->tensor_count; i++) {
        const network_tensor *tensor = &model->network->tensors[i];
        if (!model_buffer_has(buffer, tensor)) {
            continue;
        }
        model_name name;
        model_name_tensor(name, buffer->prefix, tensor);
        nnfs_status status = check_tensor(model, name, tensor->rank, (size_t)tensor->rows,
                                          (size_t)tensor->columns, error);
        if (status != NNFS_OK) {
            return status;
        }
        ++*count;
    }
    return NNFS_OK;
}

/* Whether a checkpoint has a state of its optimizer; a model has none. */
static bool has_state(const model_file *model, const char *prefix)
{
    model_name name;
    model_name_tensor(name, prefix, &model->network->tensors[0]);
    return safetensors_metadata(&model->file, MODEL_CHECKPOINT) &&
           safetensors_find(&model->file, name);
}

/*
 * The tensors are exactly those of the layers. The file holds all their bytes, so that a network
 * of this size may now be allocated.
 */
static nnfs_status check_tensors(model_file *model, nnfs_error *error)
{
    size_t count = 0;
    const train_state *row;
    for (int i = 0; i < model->networks; i++) {
        model_prefix prefix;
        model_name_prefix(prefix, i);
        TRY(check_buffer(model, &(model_buffer){prefix, NULL, true}, &count, error));
    }
    for (int i = 0; (row = train_state_at(i)) != NULL; i++) {
        model->has_state[i] = has_state(model, row->prefix);
        if (model->has_state[i]) {
            TRY(check_buffer(model, &(model_buffer){row->prefix, NULL, row->all_tensors}, &count,
                             error));
        }
    }
    if (model->file.tensor_count != count) {
        return fail(error, NNFS_ERROR_DATA, "%s: %zu tensors, where its %d layers have %zu",
                    model->path, model->file.tensor_count, model->network->layer_count, count);
    }
    return NNFS_OK;
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
        const safetensors_entry *text = &file->metadata[i];
        if (strcmp(text->key, MODEL_CHECKSUM) != 0) {
            crc = model_crc_text(model_crc_text(crc, text->key), text->value);
        }
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

/* Checks the settings together and lists the tensors. */
static nnfs_status complete_network(model_file *model, nnfs_error *error)
{
    nnfs_error reason;
    nnfs_status status = network_complete(model->network, &reason);
    if (status != NNFS_OK) {
        return fail(error, status == NNFS_ERROR_MEMORY ? status : NNFS_ERROR_DATA, "%s: %s",
                    model->path, reason.message);
    }
    return NNFS_OK;
}

/* Fills a tensor, in a buffer laid out like the parameters, from rows, which may lie
 * at any byte. */
static void read_tensor(const safetensors_tensor *from, const network_tensor *tensor, float *values)
{
    const unsigned char *bytes = from->data;
    size_t rows = (size_t)tensor->rows;
    size_t columns = (size_t)tensor->columns;
    size_t row_stride = (size_t)tensor->row_stride;
    size_t column_stride = (size_t)tensor->column_stride;
    float *to = values + tensor->offset;
    for (size_t first = 0; first < rows; first += MODEL_BLOCK_ROWS) {
        size_t end = rows - first < MODEL_BLOCK_ROWS ? rows : first + MODEL_BLOCK_ROWS;
        for (size_t j = 0; j < columns; j++) {
            for (size_t i = first; i < end; i++) {
                memcpy(&to[i * row_stride + j * column_stride],
                       bytes + sizeof *to * (i * columns + j), sizeof *to);
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
    for (int i = 0; i < network->tensor_count; i++) {
        const network_tensor *tensor = &network->tensors[i];
        if (!model_buffer_has(buffer, tensor)) {
            continue;
        }
        model_name name;
        model_name_tensor(name, buffer->prefix, tensor);
        const safetensors_tensor *from = safetensors_find(&model->file, name);
        read_tensor(from, tensor, buffer->values);
        if (!model_all_finite(buffer->values + tensor->offset, from->elements)) {
            return fail_not_finite(model, name, error);
        }
    }
    return NNFS_OK;
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp((*(const safetensors_entry *const *)left)->key,
                  (*(const safetensors_entry *const *)right)->key);
}

/* In the order of their keys, so that each note goes behind all others. */
static nnfs_status read_notes(const model_file *model, nnfs_network *network, nnfs_error *error)
{
    size_t count = model->file.metadata_count;
    nnfs_status status = NNFS_OK;
    const safetensors_entry **sorted = memory_alloc(count, sizeof *sorted);
    if (!sorted) {
        return fail_memory(error, size_mul(count, sizeof *sorted), "notes");
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &model->file.metadata[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 0; status == NNFS_OK && i < count; i++) {
        if (strncmp(sorted[i]->key, MODEL_NOTE_PREFIX, strlen(MODEL_NOTE_PREFIX)) == 0) {
            status = nnfs_network_set_note(network, sorted[i]->key + strlen(MODEL_NOTE_PREFIX),
                                           sorted[i]->value, error);
        }
    }
    memory_free(sorted);
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
        if (status == NNFS_ERROR_ARGUMENT) {
            status = NNFS_ERROR_DATA;
        }
        return fail(error, status, "%s: metadata 'preprocessing': %.300s", model->path,
                    reason.message);
    }
    return NNFS_OK;
}

/* ---- All of it ---- */

/* What a file that has been read says of its network. */
static nnfs_status parse_model(model_file *model, nnfs_error *error)
{
    /* Each step needs what the ones before it have found. */
    static nnfs_status (*const steps[])(model_file *, nnfs_error *) = {
        check_format,   check_checksum, parse_shape,      parse_layers,     parse_settings,
        parse_networks, parse_loss,     parse_embeddings, complete_network, check_tensors};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        TRY(steps[i](model, error));
    }
    return NNFS_OK;
}

nnfs_status model_open(const char *path, model_file *model, nnfs_error *error)
{
    *model = (model_file){.path = path};
    TRY(file_check_pointer(path, error));
    TRY(safetensors_open(path, &model->file, error));
    return parse_model(model, error);
}

nnfs_status model_open_memory(const void *bytes, size_t count, model_file *model, nnfs_error *error)
{
    *model = (model_file){.path = "a model in memory"};
    TRY(safetensors_open_memory(model->path, bytes, count, &model->file, error));
    return parse_model(model, error);
}

void model_close(model_file *model)
{
    json_decref(model->layers);
    nnfs_network_free(model->network);
    safetensors_close(&model->file);
    *model = (model_file){0};
}

/* The parameters of one network of an ensemble. */
static nnfs_status read_parameters(const model_file *model, nnfs_network *made, int index,
                                   nnfs_error *error)
{
    if (index > 0) {
        TRY(network_grow(made, error));
    }
    model_prefix prefix;
    model_name_prefix(prefix, index);
    const model_buffer parameters = {prefix, network_alone(made, index).parameters, true};
    return model_read_buffer(model, made, &parameters, error);
}

nnfs_status model_network(model_file *model, nnfs_network **network, nnfs_error *error)
{
    nnfs_network *made = model->network;
    model->network = NULL;
    nnfs_status status = network_allocate(made, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (model->networks > 1 && !network_can_be_averaged(made)) {
        status = fail(error, NNFS_ERROR_DATA, "%s: networks with these layers have no mean",
                      model->path);
        goto cleanup;
    }
    TRY_CLEANUP(read_preprocessing(model, made, error));
    for (int i = 0; i < model->networks; i++) {
        TRY_CLEANUP(read_parameters(model, made, i, error));
    }
    status = read_notes(model, made, error);
cleanup:
    if (status != NNFS_OK) {
        nnfs_network_free(made);
        made = NULL;
    }
    *network = made;
    return status;
}

nnfs_status nnfs_network_load(const char *path, nnfs_network **network, nnfs_error *error)
{
    if (!path) {
        return fail_null(error, "path");
    }
    if (!network) {
        return fail_null(error, "network");
    }
    model_file model;
    *network = NULL;
    nnfs_status status = model_open(path, &model, error);
    if (status == NNFS_OK) {
        status = model_network(&model, network, error);
    }
    model_close(&model);
    return status;
}
