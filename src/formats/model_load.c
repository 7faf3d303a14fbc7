/* Models read: metadata, then tensors, and only when both agree a network. */
#include "base/file.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/words.h"
#include "formats/model.h"
#include "formats/preprocessing_json.h"
#include "formats/safetensors.h"
#include "math/loss_text.h"
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

static const char *normalization_name(int value)
{
    return nnfs_normalization_name((nnfs_normalization)value);
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

/* Parses a metadata text as JSON; *json is NULL if it does not exist or is not JSON. Error: MEMORY. */
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
    TRY(metadata_json(model, "inputs", &json, error));
    bool good = parse_positive(json, &model->inputs);
    json_decref(json);
    if (!good) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'inputs' is not a positive number",
                    model->path);
    }
    return NNFS_OK;
}

/* Members that a layer need not have. False if they make no sense, or if there are others. */
static bool parse_optional(model_file *model, int index, const json_t *json)
{
    const json_t *normalization = json_object_get(json, "normalization");
    const json_t *dropout = json_object_get(json, "dropout");
    size_t known = 2 + (normalization ? 1 : 0) + (dropout ? 1 : 0);
    int found = NNFS_NORMALIZATION_NONE;
    if (normalization) {
        found = model_find_name(normalization_name, json_string_value(normalization));
    }
    model->normalization[index] = (nnfs_normalization)found;
    model->dropout[index] = (float)json_real_value(dropout);
    return found >= 0 && (!dropout || json_is_real(dropout)) && json_object_size(json) == known;
}

static nnfs_status parse_input_dropout(model_file *model, nnfs_error *error)
{
    json_t *json;
    TRY(metadata_json(model, "input_dropout", &json, error));
    bool good = !safetensors_metadata(&model->file, "input_dropout") || json_is_number(json);
    model->input_dropout = (float)json_number_value(json);
    json_decref(json);
    if (!good) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'input_dropout' is not a number",
                    model->path);
    }
    return NNFS_OK;
}

/* A text of the metadata that need not be there: 1 then. */
static nnfs_status parse_count(const model_file *model, const char *key, int *count,
                               nnfs_error *error)
{
    json_t *json;
    TRY(metadata_json(model, key, &json, error));
    bool given = safetensors_metadata(&model->file, key) != NULL;
    *count = 1;
    bool good = !given || parse_positive(json, count);
    json_decref(json);
    if (!good) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata '%s' is not a positive number",
                    model->path, key);
    }
    return NNFS_OK;
}

static nnfs_status parse_members(model_file *model, nnfs_error *error)
{
    TRY(parse_count(model, "members", &model->members, error));
    TRY(parse_count(model, "networks", &model->networks, error));
    if (model->networks > NETWORKS_MOST) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'networks' is more than %d", model->path,
                    NETWORKS_MOST);
    }
    return NNFS_OK;
}

/* A list of whole numbers from 0 to `most`, of the model's; what else they must be, nnfs_network_create checks. */
static bool parse_list(model_file *model, const json_t *json, int **list, int *count)
{
    int most = model->inputs;
    *count = (int)json_array_size(json);
    if (*count < 1 || json_array_size(json) > (size_t)most) {
        return false;
    }
    *list = memory_alloc((size_t)*count, sizeof **list);
    model->no_memory = *list == NULL;
    for (int i = 0; *list && i < *count; i++) {
        const json_t *item = json_array_get(json, (size_t)i);
        json_int_t value = json_integer_value(item);
        if (!json_is_integer(item) || value < 0 || value > most) {
            return false;
        }
        (*list)[i] = (int)value;
    }
    return *list != NULL;
}

static const char *embedding_name(int kind)
{
    return nnfs_embedding_name((nnfs_embedding_kind)kind);
}

/* False where it makes no sense, and without memory. */
static bool parse_embedding(model_file *model, int index, const json_t *json)
{
    nnfs_embedding *to = &model->embeddings[index];
    int **lists = &model->embedded[2 * (size_t)index];
    const json_t *bins = json_object_get(json, "bins");
    const json_t *sizes = json_object_get(json, "sizes");
    int found = model_find_name(embedding_name, json_string_value(json_object_get(json, "kind")));
    const json_t *frequencies = json_object_get(json, "frequencies");
    size_t known = 3 + (bins != NULL) + (sizes != NULL) + (frequencies != NULL);
    int size_count = 0;
    model->embedding_count = index + 1;
    to->kind = (nnfs_embedding_kind)found;
    to->sigma = 1.0f; /* of the first weights, which are in the file */
    bool good = found >= 0 && json_object_size(json) == known &&
                parse_positive(json_object_get(json, "width"), &to->width) &&
                (!bins || parse_positive(bins, &to->bins)) &&
                (!frequencies || parse_positive(frequencies, &to->frequencies)) &&
                parse_list(model, json_object_get(json, "inputs"), &lists[0], &to->count) &&
                (!sizes || parse_list(model, sizes, &lists[1], &size_count));
    to->inputs = lists[0];
    to->sizes = lists[1];
    return good && (!sizes || size_count == to->count);
}

static nnfs_status parse_embeddings(model_file *model, nnfs_error *error)
{
    json_t *json;
    TRY(metadata_json(model, "embeddings", &json, error));
    size_t count = json_array_size(json);
    bool good = !safetensors_metadata(&model->file, "embeddings") ||
                (count >= 1 && count <= EMBEDDING_KINDS);
    for (size_t i = 0; good && i < count; i++) {
        good = parse_embedding(model, (int)i, json_array_get(json, i));
    }
    json_decref(json);
    if (model->no_memory) {
        return fail_memory(error, (size_t)model->inputs * sizeof(int), "embeddings");
    }
    if (!good) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: metadata 'embeddings' is not a list of kind, width and inputs",
                    model->path);
    }
    return NNFS_OK;
}

static nnfs_status parse_layer(model_file *model, int index, const json_t *json, nnfs_error *error)
{
    nnfs_layer *layer = &model->layers[index];
    const char *name = json_string_value(json_object_get(json, "activation"));
    int found = model_find_name(activation_name, name);
    if (!parse_positive(json_object_get(json, "width"), &layer->width) || !name ||
        !parse_optional(model, index, json)) {
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
    model->normalization = memory_alloc(count, sizeof *model->normalization);
    model->dropout = memory_alloc(count, sizeof *model->dropout);
    if (!model->layers || !model->normalization || !model->dropout) {
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
    int found = loss_read(name, &model->quantile);
    if (found < 0) {
        return fail(error, NNFS_ERROR_DATA, "%s: metadata 'loss' is %s%s", model->path,
                    name ? "the unknown " : "missing", text_or(name, ""));
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
            TRY(check_buffer(model, &(model_buffer){row->prefix, NULL, row->whole}, &count, error));
        }
    }
    if (model->file.tensor_count != count) {
        return fail(error, NNFS_ERROR_DATA, "%s: %zu tensors, where its %d layers have %zu",
                    model->path, model->file.tensor_count, model->layer_count, count);
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
        const safetensors_text *text = &file->metadata[i];
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

/* The network of these layers, which nnfs_network_create must allow. */
static nnfs_status describe_network(model_file *model, nnfs_error *error)
{
    nnfs_error reason = {0};
    nnfs_network_settings settings;
    nnfs_network_settings_init(&settings);
    settings.inputs = model->inputs;
    settings.normalization = model->normalization;
    settings.dropout = model->dropout;
    settings.input_dropout = model->input_dropout;
    settings.members = model->members;
    settings.embeddings = model->embeddings;
    settings.embedding_count = model->embedding_count;
    settings.layers = model->layers;
    settings.layer_count = model->layer_count;
    settings.loss = model->loss;
    settings.quantile = model->quantile;
    settings.init = NNFS_INIT_ZEROS;
    nnfs_status status = network_describe(&settings, &model->network, &reason);
    if (status != NNFS_OK) {
        if (status == NNFS_ERROR_ARGUMENT) {
            status = NNFS_ERROR_DATA;
        }
        return fail(error, status, "%s: %s", model->path, reason.message);
    }
    return NNFS_OK;
}

/* Fills a tensor, in a buffer laid out like the parameters, from rows, which may lie at any byte. */
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
    return strcmp((*(const safetensors_text *const *)left)->key,
                  (*(const safetensors_text *const *)right)->key);
}

/* In the order of their keys, so that each note goes behind all others. */
static nnfs_status read_notes(const model_file *model, nnfs_network *network, nnfs_error *error)
{
    size_t count = model->file.metadata_count;
    nnfs_status status = NNFS_OK;
    const safetensors_text **sorted = memory_alloc(count, sizeof *sorted);
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
        check_format,     check_checksum, parse_inputs, parse_input_dropout, parse_members,
        parse_embeddings, parse_layers,   parse_loss,   describe_network,    check_tensors};
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
    memory_free(model->layers);
    memory_free(model->normalization);
    memory_free(model->dropout);
    for (size_t i = 0; i < sizeof model->embedded / sizeof *model->embedded; i++) {
        memory_free(model->embedded[i]);
    }
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
