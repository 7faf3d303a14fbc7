/* nnfs_network_save: described first, then written layer by layer. */
#include "base/file.h"
#include "base/memory.h"
#include "formats/json_text.h"
#include "formats/model.h"
#include "formats/preprocessing_json.h"
#include "formats/safetensors.h"
#include "network/network.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before the notes: format, inputs, layers, loss; and perhaps the preprocessing. */
enum { FIXED_TEXTS = 4, MOST_TEXTS = FIXED_TEXTS + 1 };

/* What safetensors_write_begin is told. */
typedef struct description {
    model_name *names;           /* [2 x layers] */
    safetensors_tensor *tensors; /* [2 x layers]: W and b of each layer */
    safetensors_text *texts;     /* the fixed ones, then the notes */
    size_t text_count;
    char inputs[16];
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
    memory_free(d->layers);
    memory_free(d->texts);
    memory_free(d->tensors);
    memory_free(d->names);
}

/* [{"width":128,"activation":"relu"},...]; NULL where there is no memory. */
static char *layers_to_json(const nnfs_network *network)
{
    json_t *array = json_array();
    int result = array ? 0 : -1;
    for (int i = 0; result == 0 && i < network->layer_count; i++) {
        const network_layer *layer = &network->layers[i];
        result =
            json_array_append_new(array, json_pack("{s:i, s:s}", "width", layer->out, "activation",
                                                   nnfs_activation_name(layer->activation)));
    }
    char *text = result == 0 ? json_text(array, NULL) : NULL;
    json_decref(array);
    return text;
}

static void describe_tensors(const nnfs_network *network, description *d)
{
    for (int i = 0; i < network->layer_count; i++) {
        size_t in = (size_t)network->layers[i].in;
        size_t out = (size_t)network->layers[i].out;
        char *weight = d->names[2 * i];
        char *bias = d->names[2 * i + 1];
        model_name_tensor(weight, i, "weight");
        model_name_tensor(bias, i, "bias");
        d->tensors[2 * i] = (safetensors_tensor){
            .name = weight, .type = SAFETENSORS_F32, .rank = 2, .shape = {out, in}};
        d->tensors[2 * i + 1] =
            (safetensors_tensor){.name = bias, .type = SAFETENSORS_F32, .rank = 1, .shape = {out}};
    }
}

/* False where there is no memory. */
static bool describe_texts(const nnfs_network *network, description *d)
{
    const safetensors_text fixed[FIXED_TEXTS] = {{"format", MODEL_FORMAT},
                                                 {"inputs", d->inputs},
                                                 {"layers", d->layers},
                                                 {"loss", nnfs_loss_name(network->loss)}};
    memcpy(d->texts, fixed, sizeof fixed);
    d->text_count = FIXED_TEXTS;
    if (nnfs_network_preprocessing(network)) {
        d->preprocessing = preprocessing_to_json(nnfs_network_preprocessing(network));
        if (!d->preprocessing) {
            return false;
        }
        d->texts[d->text_count++] = (safetensors_text){"preprocessing", d->preprocessing};
    }
    for (size_t i = 0; i < network->note_count; i++) {
        if (asprintf(&d->note_keys[i], MODEL_NOTE_PREFIX "%s", network->notes[i].key) < 0) {
            d->note_keys[i] = NULL;
            return false;
        }
        d->texts[d->text_count++] =
            (safetensors_text){.key = d->note_keys[i], .value = network->notes[i].value};
    }
    return true;
}

static nnfs_status describe(const nnfs_network *network, description *d, nnfs_error *error)
{
    size_t tensors = size_mul(2, (size_t)network->layer_count);
    *d = (description){
        .names = memory_alloc(tensors, sizeof *d->names),
        .tensors = memory_alloc(tensors, sizeof *d->tensors),
        .texts = memory_alloc(size_add(MOST_TEXTS, network->note_count), sizeof *d->texts),
        .layers = layers_to_json(network),
        .note_keys = memory_alloc_zeroed(network->note_count, sizeof *d->note_keys),
    };
    (void)snprintf(d->inputs, sizeof d->inputs, "%d", network->inputs);
    if (!d->names || !d->tensors || !d->texts || !d->layers || !d->note_keys ||
        !describe_texts(network, d)) {
        return fail_memory(error, size_mul(tensors, sizeof *d->tensors), "a header");
    }
    describe_tensors(network, d);
    return NNFS_OK;
}

/* Writes W [out x in], lda = out, as rows. */
static nnfs_status write_weights(safetensors_writer *writer, const float *weights, size_t in,
                                 size_t out, nnfs_error *error)
{
    size_t wanted = size_mul(in, MODEL_BLOCK_ROWS);
    float *block = memory_alloc(wanted, sizeof *block);
    if (!block) {
        return fail_memory(error, size_mul(wanted, sizeof *block), "a block of weights");
    }
    nnfs_status status = NNFS_OK;
    for (size_t first = 0; status == NNFS_OK && first < out; first += MODEL_BLOCK_ROWS) {
        size_t rows = out - first < MODEL_BLOCK_ROWS ? out - first : MODEL_BLOCK_ROWS;
        for (size_t i = 0; i < in; i++) {
            for (size_t row = 0; row < rows; row++) {
                block[row * in + i] = weights[i * out + first + row];
            }
        }
        status = safetensors_write(writer, block, rows * in * sizeof *block, error);
    }
    memory_free(block);
    return status;
}

static nnfs_status write_layers(safetensors_writer *writer, const nnfs_network *network,
                                nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < network->layer_count; i++) {
        const network_layer *layer = &network->layers[i];
        status = write_weights(writer, network->parameters + layer->weights, (size_t)layer->in,
                               (size_t)layer->out, error);
        if (status == NNFS_OK) {
            status = safetensors_write(writer, network->parameters + layer->biases,
                                       (size_t)layer->out * sizeof(float), error);
        }
    }
    return status;
}

static nnfs_status check_finite(const nnfs_network *network, const char *path, nnfs_error *error)
{
    for (int i = 0; i < network->layer_count; i++) {
        const network_layer *layer = &network->layers[i];
        size_t weights = (size_t)layer->in * (size_t)layer->out;
        if (!model_all_finite(network->parameters + layer->weights, weights) ||
            !model_all_finite(network->parameters + layer->biases, (size_t)layer->out)) {
            return fail(error, NNFS_ERROR_DATA,
                        "%s: not written: layer %d has a weight or bias that is not finite", path,
                        i + 1);
        }
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_save(const nnfs_network *network, const char *path, nnfs_error *error)
{
    nnfs_status status = check_finite(network, path, error);
    if (status != NNFS_OK) {
        return status;
    }
    safetensors_writer writer;
    description d;
    status = describe(network, &d, error);
    if (status == NNFS_OK) {
        status = safetensors_write_begin(&writer, path, d.tensors, 2 * (size_t)network->layer_count,
                                         d.texts, d.text_count, error);
    }
    if (status == NNFS_OK) {
        status = write_layers(&writer, network, error);
        if (status == NNFS_OK) {
            status = safetensors_write_commit(&writer, error);
        }
        safetensors_write_abandon(&writer); /* nothing after a commit */
    }
    free_description(&d, network);
    return status;
}

nnfs_status nnfs_network_save_check(const char *path, nnfs_error *error)
{
    file_writer writer;
    nnfs_status status = file_write_begin(&writer, path, error);
    file_write_abandon(&writer);
    return status;
}
