/* Models written: described first, then gone through twice, for the checksum and for the file. */
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

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* Before the notes: format, inputs, layers, loss; and perhaps the preprocessing, an extra
 * text, the sum. */
enum {
    FIXED_ENTRIES = 4,
    MOST_SETTINGS = 8,
    MOST_ENTRIES = FIXED_ENTRIES + MOST_SETTINGS + 5,
    MOST_BUFFERS = NETWORKS_MOST + STATES_MOST
};

/* What safetensors_write_begin is told. */
typedef struct description {
    model_buffer buffers[MOST_BUFFERS]; /* the parameters first */
    int buffer_count;
    model_name *names;           /* [tensor_count] */
    safetensors_tensor *tensors; /* [tensor_count] those of the first buffer, then of the next */
    size_t tensor_count;
    safetensors_entry *metadata; /* the fixed ones, then the notes, last the checksum */
    size_t metadata_count;
    char inputs[16];
    char settings[MOST_SETTINGS][32];
    loss_text loss;
    char networks[16];
    model_prefix prefixes[NETWORKS_MOST];
    char *embedding; /* or NULL */
    char checksum[16];
    char *layers;
    char *preprocessing; /* or NULL */
    char **note_keys;    /* [note_count] */
} description;

static void free_description(description *d, const nnfs_network *network)
{
    for (size_t i = 0; d->note_keys && i < network->note_count; i++) {
        free(d->note_keys[i]);
    }
    memory_free(d->note_keys);
    memory_free(d->preprocessing);
    memory_free(d->embedding);
    memory_free(d->layers);
    memory_free(d->metadata);
    memory_free(d->tensors);
    memory_free(d->names);
}

/* The list of layers as JSON; NULL without memory. */
static char *layers_to_json(const nnfs_network *network)
{
    json_t *array = json_array();
    int result = -1;
    if (array) {
        result = 0;
    }
    for (int i = 0; result == 0 && i < network->layer_count; i++) {
        result =
            json_array_append_new(array, settings_to_json(&layer_settings, &network->layers[i]));
    }
    char *text = NULL;
    if (result == 0) {
        text = json_text(array, NULL);
    }
    json_decref(array);
    return text;
}

/* Adds a list of an embedding; false: no memory. */
static bool add_list(json_t *json, const char *key, const int *values, int count)
{
    json_t *list = json_array();
    bool added = json && list;
    for (int i = 0; added && i < count; i++) {
        added = json_array_append_new(list, json_integer(values[i])) == 0;
    }
    added = added && json_object_set(json, key, list) == 0;
    json_decref(list);
    return added;
}

/* {"kind":"piecewise","width":16,"bins":48,"inputs":[0,2]}; NULL without memory. */
static json_t *one_embedding_to_json(const nnfs_embedding *embedding)
{
    json_t *json = settings_to_json(&embedding_settings, embedding);
    if (!add_list(json, "inputs", embedding->inputs, embedding->count) ||
        (embedding->sizes && !add_list(json, "sizes", embedding->sizes, embedding->count))) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* A list of them; NULL without memory. */
static char *embeddings_to_json(const nnfs_network *network)
{
    json_t *list = json_array();
    int result = list ? 0 : -1;
    for (int i = 0; result == 0 && i < network->embedding_count; i++) {
        result = json_array_append_new(list, one_embedding_to_json(&network->embeddings[i].as));
    }
    char *text = NULL;
    if (result == 0) {
        text = json_text(list, NULL);
    }
    json_decref(list);
    return text;
}

static void describe_tensors(const nnfs_network *network, description *d)
{
    size_t at = 0;
    for (int b = 0; b < d->buffer_count; b++) {
        for (int i = 0; i < network->tensor_count; i++) {
            const network_tensor *tensor = &network->tensors[i];
            if (!model_buffer_has(&d->buffers[b], tensor)) {
                continue;
            }
            model_name_tensor(d->names[at], d->buffers[b].prefix, tensor);
            d->tensors[at] =
                (safetensors_tensor){.name = d->names[at],
                                     .type = SAFETENSORS_F32,
                                     .rank = tensor->rank,
                                     .shape = {(size_t)tensor->rows, (size_t)tensor->columns}};
            at++;
        }
    }
    d->tensor_count = at;
}

/* The settings that are newer than version 0.1, a text each. False: no memory. */
static bool describe_settings(const nnfs_network *network, description *d)
{
    for (size_t i = 0; i < network_settings.count && i < MOST_SETTINGS; i++) {
        const setting *row = &network_settings.rows[i];
        if (!row->later || !setting_is_saved(row, network)) {
            continue;
        }
        char *text = d->settings[i]; /* a row of the table each: see MOST_SETTINGS */
        json_t *json = setting_to_json(row, network);
        size_t length = json_dumpb(json, text, sizeof d->settings[i] - 1,
                                   JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        json_decref(json);
        if (length == 0 || length >= sizeof d->settings[i]) {
            return false;
        }
        d->metadata[d->metadata_count++] = (safetensors_entry){row->about.name, text};
    }
    return true;
}

/* False where there is no memory. */
static bool describe_metadata(const nnfs_network *network, description *d)
{
    const safetensors_entry fixed[FIXED_ENTRIES] = {{"format", MODEL_FORMAT},
                                                    {"inputs", d->inputs},
                                                    {"layers", d->layers},
                                                    {"loss", d->loss.text}};
    memcpy(d->metadata, fixed, sizeof fixed);
    d->metadata_count = FIXED_ENTRIES;
    if (!describe_settings(network, d)) {
        return false;
    }
    if (network->further_count > 0) {
        (void)snprintf(d->networks, sizeof d->networks, "%d", nnfs_network_networks(network));
        d->metadata[d->metadata_count++] = (safetensors_entry){"networks", d->networks};
    }
    if (network->embedding_count > 0) {
        d->embedding = embeddings_to_json(network);
        if (!d->embedding) {
            return false;
        }
        d->metadata[d->metadata_count++] = (safetensors_entry){"embeddings", d->embedding};
    }
    if (nnfs_network_preprocessing(network)) {
        d->preprocessing = preprocessing_to_json(nnfs_network_preprocessing(network));
        if (!d->preprocessing) {
            return false;
        }
        d->metadata[d->metadata_count++] = (safetensors_entry){"preprocessing", d->preprocessing};
    }
    for (size_t i = 0; i < network->note_count; i++) {
        if (asprintf(&d->note_keys[i], MODEL_NOTE_PREFIX "%s", network->notes[i].key) < 0) {
            d->note_keys[i] = NULL;
            return false;
        }
        d->metadata[d->metadata_count++] =
            (safetensors_entry){.key = d->note_keys[i], .value = network->notes[i].value};
    }
    return true;
}

static nnfs_status describe(const nnfs_network *network, const model_extra *extra, description *d,
                            nnfs_error *error)
{
    int networks = nnfs_network_networks(network);
    size_t tensors =
        size_mul((size_t)network->tensor_count, (size_t)(networks + extra->buffer_count));
    *d = (description){
        .buffer_count = networks + extra->buffer_count,
        .names = memory_alloc(tensors, sizeof *d->names),
        .tensors = memory_alloc(tensors, sizeof *d->tensors),
        .metadata = memory_alloc(size_add(MOST_ENTRIES, network->note_count), sizeof *d->metadata),
        .layers = layers_to_json(network),
        .loss = loss_write(network->loss, network->quantile),
        .note_keys = memory_alloc_zeroed(network->note_count, sizeof *d->note_keys),
    };
    (void)snprintf(d->inputs, sizeof d->inputs, "%d", network->inputs);
    if (!d->names || !d->tensors || !d->metadata || !d->layers || !d->note_keys ||
        !describe_metadata(network, d)) {
        return fail_memory(error, size_mul(tensors, sizeof *d->tensors), "a header");
    }
    for (int i = 0; i < networks; i++) {
        model_name_prefix(d->prefixes[i], i);
        d->buffers[i] = (model_buffer){d->prefixes[i], network_alone(network, i).parameters, true};
    }
    for (int i = 0; i < extra->buffer_count; i++) {
        d->buffers[networks + i] = extra->buffers[i];
    }
    if (extra->text.key) {
        d->metadata[d->metadata_count++] = extra->text;
    }
    describe_tensors(network, d);
    return NNFS_OK;
}

/* ---- The tensors' bytes, in the file's order ---- */

/* What takes them, piece by piece: the checksum, or the file. */
typedef struct byte_sink {
    nnfs_status (*take)(struct byte_sink *sink, const void *bytes, size_t count, nnfs_error *error);
    uint32_t crc;
    safetensors_writer *writer;
} byte_sink;

static nnfs_status sum_up(byte_sink *sink, const void *bytes, size_t count, nnfs_error *error)
{
    (void)error;
    sink->crc = (uint32_t)crc32_z(sink->crc, bytes, count);
    return NNFS_OK;
}

static nnfs_status write_out(byte_sink *sink, const void *bytes, size_t count, nnfs_error *error)
{
    return safetensors_write(sink->writer, bytes, count, error);
}

/* A tensor by rows, from a buffer laid out like the parameters. */
static nnfs_status send_tensor(byte_sink *sink, const network_tensor *tensor, const float *values,
                               nnfs_error *error)
{
    size_t columns = (size_t)tensor->columns;
    size_t rows = (size_t)tensor->rows;
    const float *from = values + tensor->offset;
    if (tensor->rank == 1) {
        return sink->take(sink, from, rows * sizeof *from, error);
    }
    size_t wanted = size_mul(columns, MODEL_BLOCK_ROWS);
    float *block = memory_alloc(wanted, sizeof *block);
    if (!block) {
        return fail_memory(error, size_mul(wanted, sizeof *block), "a block of weights");
    }
    size_t row_stride = (size_t)tensor->row_stride;
    size_t column_stride = (size_t)tensor->column_stride;
    nnfs_status status = NNFS_OK;
    for (size_t first = 0; status == NNFS_OK && first < rows; first += MODEL_BLOCK_ROWS) {
        size_t count = MODEL_BLOCK_ROWS;
        if (rows - first < MODEL_BLOCK_ROWS) {
            count = rows - first;
        }
        for (size_t j = 0; j < columns; j++) {
            for (size_t i = 0; i < count; i++) {
                block[i * columns + j] = from[(first + i) * row_stride + j * column_stride];
            }
        }
        status = sink->take(sink, block, count * columns * sizeof *block, error);
    }
    memory_free(block);
    return status;
}

static nnfs_status send_all(byte_sink *sink, const nnfs_network *network, const description *d,
                            nnfs_error *error)
{
    for (int b = 0; b < d->buffer_count; b++) {
        for (int i = 0; i < network->tensor_count; i++) {
            const network_tensor *tensor = &network->tensors[i];
            if (!model_buffer_has(&d->buffers[b], tensor)) {
                continue;
            }
            nnfs_status status = send_tensor(sink, tensor, d->buffers[b].values, error);
            if (status != NNFS_OK) {
                return status;
            }
        }
    }
    return NNFS_OK;
}

/* ---- Writing ---- */

/* The last text. */
static nnfs_status add_checksum(const nnfs_network *network, description *d, nnfs_error *error)
{
    byte_sink sum = {.take = sum_up};
    for (size_t i = 0; i < d->metadata_count; i++) {
        sum.crc = model_crc_text(model_crc_text(sum.crc, d->metadata[i].key), d->metadata[i].value);
    }
    nnfs_status status = send_all(&sum, network, d, error);
    (void)snprintf(d->checksum, sizeof d->checksum, "%08lx", (unsigned long)sum.crc);
    d->metadata[d->metadata_count++] = (safetensors_entry){MODEL_CHECKSUM, d->checksum};
    return status;
}

static nnfs_status check_finite(const nnfs_network *network, const description *d, const char *path,
                                nnfs_error *error)
{
    for (int b = 0; b < d->buffer_count; b++) {
        for (int i = 0; i < network->tensor_count; i++) {
            const network_tensor *tensor = &network->tensors[i];
            size_t count = (size_t)tensor->rows * (size_t)tensor->columns;
            if (!model_all_finite(d->buffers[b].values + tensor->offset, count)) {
                return fail(error, NNFS_ERROR_DATA,
                            "%s: not written: the %s of layer %d has a value that is not finite",
                            path, tensor->name, tensor->layer + 1);
            }
        }
    }
    return NNFS_OK;
}

/* To `path`, or (NULL) to memory. */
static nnfs_status write_file(const char *path, model_bytes *made, const nnfs_network *network,
                              const description *d, nnfs_error *error)
{
    safetensors_writer writer;
    byte_sink file = {.take = write_out, .writer = &writer};
    TRY(safetensors_write_begin(&writer, path, d->tensors, d->tensor_count, d->metadata,
                                d->metadata_count, error));
    nnfs_status status = send_all(&file, network, d, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(safetensors_write_commit(&writer, error));
    if (made) {
        made->bytes = file_write_take(&writer.file, &made->count);
    }
cleanup:
    safetensors_write_abandon(&writer); /* nothing after a commit to a file */
    return status;
}

static nnfs_status write_model(const char *path, model_bytes *made, const nnfs_network *network,
                               const model_extra *extra, nnfs_error *error)
{
    description d;
    nnfs_status status = describe(network, extra, &d, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(check_finite(network, &d, text_or(path, "a model in memory"), error));
    TRY_CLEANUP(add_checksum(network, &d, error));
    status = write_file(path, made, network, &d, error);
cleanup:
    free_description(&d, network);
    return status;
}

nnfs_status model_write(const char *path, const nnfs_network *network, const model_extra *extra,
                        nnfs_error *error)
{
    return write_model(path, NULL, network, extra, error);
}

nnfs_status model_write_memory(model_bytes *made, const nnfs_network *network, nnfs_error *error)
{
    return write_model(NULL, made, network, &(model_extra){.buffer_count = 0}, error);
}

/* Behind a symbolic link the file that it leads to is replaced, not the link. */
nnfs_status nnfs_network_save(const nnfs_network *network, const char *path, nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!path) {
        return fail_null(error, "path");
    }
    struct stat about;
    bool link = lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
    char *target = NULL;
    if (link) {
        target = realpath(path, NULL);
    }
    bool no_memory = link && !target && errno == ENOMEM;
    nnfs_status status = no_memory ? fail_memory(error, strlen(path), "a file name")
                                   : model_write(target ? target : path, network,
                                                 &(model_extra){.buffer_count = 0}, error);
    free(target);
    return status;
}

nnfs_status nnfs_network_header_check(const nnfs_network *network, nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    description d;
    const model_extra nothing = {.buffer_count = 0};
    nnfs_status status = describe(network, &nothing, &d, error);
    if (status == NNFS_OK) {
        safetensors_writer writer;
        d.metadata[d.metadata_count++] = (safetensors_entry){MODEL_CHECKSUM, "00000000"};
        status = safetensors_write_begin(&writer, NULL, d.tensors, d.tensor_count, d.metadata,
                                         d.metadata_count, error);
        safetensors_write_abandon(&writer);
    }
    free_description(&d, network);
    return status;
}

nnfs_status nnfs_network_save_check(const char *path, nnfs_error *error)
{
    if (!path) {
        return fail_null(error, "path");
    }
    file_writer writer;
    nnfs_status status = file_write_begin(&writer, path, error);
    file_write_abandon(&writer);
    return status;
}
