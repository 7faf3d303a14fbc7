/* Networks: made of settings, asked about, annotated. */
#include "network/network.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "data/encoder.h"
#include "network/initialize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Settings ---- */

void nnfs_network_settings_init(nnfs_network_settings *settings)
{
    *settings = (nnfs_network_settings){.loss = NNFS_CROSS_ENTROPY, .seed = 1};
}

static nnfs_status check_layers(const nnfs_network_settings *settings, nnfs_error *error)
{
    for (int i = 0; i < settings->layer_count; i++) {
        const activation *row = activation_of(settings->layers[i].activation);
        if (settings->layers[i].width < 1) {
            return fail(error, NNFS_ERROR_ARGUMENT, "layer %d has %d units; it needs at least 1",
                        i + 1, settings->layers[i].width);
        }
        if (!row) {
            return fail(error, NNFS_ERROR_ARGUMENT, "layer %d has no known activation", i + 1);
        }
        if (row->output_only && i + 1 < settings->layer_count) {
            return fail(error, NNFS_ERROR_ARGUMENT, "%s is for the output layer, not for layer %d",
                        row->name, i + 1);
        }
    }
    return NNFS_OK;
}

static nnfs_status check_loss(const nnfs_network_settings *settings, nnfs_error *error)
{
    const loss_function *row = loss_of(settings->loss);
    if (!row) {
        return fail(error, NNFS_ERROR_ARGUMENT, "no known loss");
    }
    nnfs_layer output = settings->layers[settings->layer_count - 1];
    if (row->fused && output.activation != row->partner) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s needs a %s output, not %s", row->name,
                    activation_of(row->partner)->name, activation_of(output.activation)->name);
    }
    return NNFS_OK;
}

static nnfs_status check_settings(const nnfs_network_settings *settings, nnfs_error *error)
{
    if (settings->inputs < 1 || settings->layer_count < 1 || !settings->layers) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a network needs at least 1 input and 1 layer, not %d and %d", settings->inputs,
                    settings->layer_count);
    }
    if (!nnfs_init_name(settings->init)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "no known initialiser");
    }
    bool scaled = settings->init == NNFS_INIT_NORMAL || settings->init == NNFS_INIT_UNIFORM;
    if (scaled && !(settings->init_scale > 0.0f && isfinite(settings->init_scale))) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the initialiser %s needs a positive scale",
                    nnfs_init_name(settings->init));
    }
    nnfs_status status = check_layers(settings, error);
    return status == NNFS_OK ? check_loss(settings, error) : status;
}

/* ---- Making and freeing ---- */

/*
 * A thin layer. With OpenBLAS's AVX-512 kernels all three products of 784 to 10 take half the time so; from
 * some 32 units on, and for fewer inputs, its kernels like W as well. Those with AVX2 do not care.
 */
enum { THIN_UNITS = 24, THIN_INPUTS = 32 };

/* Where each layer lies in the flat buffer, whose length is the result (SIZE_MAX on overflow). */
static size_t lay_out(const nnfs_network_settings *settings, network_layer *layers)
{
    size_t end = 0;
    int in = settings->inputs;
    for (int i = 0; i < settings->layer_count; i++) {
        int out = settings->layers[i].width;
        size_t weights = end;
        size_t biases =
            size_round_up(size_add(weights, size_mul((size_t)in, (size_t)out)), MEMORY_LINE_FLOATS);
        end = size_round_up(size_add(biases, (size_t)out), MEMORY_LINE_FLOATS);
        layers[i] = (network_layer){.in = in,
                                    .out = out,
                                    .activation = settings->layers[i].activation,
                                    .transposed = out <= THIN_UNITS && in >= THIN_INPUTS,
                                    .weights = weights,
                                    .biases = biases};
        in = out;
    }
    return end;
}

nnfs_status nnfs_network_create(const nnfs_network_settings *settings, nnfs_network **network,
                                nnfs_error *error)
{
    *network = NULL;
    nnfs_status status = check_settings(settings, error);
    if (status != NNFS_OK) {
        return status;
    }
    nnfs_network *made = calloc(1, sizeof *made);
    network_layer *layers = calloc((size_t)settings->layer_count, sizeof *layers);
    size_t floats = layers ? lay_out(settings, layers) : 0;
    float *parameters = made && layers ? memory_alloc_zeroed(floats, sizeof *parameters) : NULL;
    if (!parameters) {
        free(made);
        free(layers);
        return fail_memory(error, size_mul(floats, sizeof *parameters), "the network's parameters");
    }
    *made = (nnfs_network){
        .inputs = settings->inputs,
        .layer_count = settings->layer_count,
        .layers = layers,
        .loss = settings->loss,
        .parameters = parameters,
        .parameter_floats = floats,
    };
    network_initialize(made, settings);
    *network = made;
    return NNFS_OK;
}

void nnfs_network_free(nnfs_network *network)
{
    if (network) {
        for (size_t i = 0; i < network->note_count; i++) {
            free(network->notes[i].key);
            free(network->notes[i].value);
        }
        free(network->notes);
        encoder_release(network->encoder);
        free(network->layers);
        memory_free(network->parameters);
        free(network);
    }
}

/* ---- Asking ---- */

int nnfs_network_inputs(const nnfs_network *network)
{
    return network->inputs;
}

int nnfs_network_outputs(const nnfs_network *network)
{
    return network_output(network)->out;
}

int nnfs_network_layer_count(const nnfs_network *network)
{
    return network->layer_count;
}

static bool has_layer(const nnfs_network *network, int index)
{
    return index >= 0 && index < network->layer_count;
}

nnfs_layer nnfs_network_layer(const nnfs_network *network, int index)
{
    nnfs_layer layer = {0, NNFS_IDENTITY};
    if (has_layer(network, index)) {
        layer.width = network->layers[index].out;
        layer.activation = network->layers[index].activation;
    }
    return layer;
}

nnfs_loss nnfs_network_loss(const nnfs_network *network)
{
    return network->loss;
}

int64_t nnfs_network_parameters(const nnfs_network *network)
{
    int64_t count = 0;
    for (int i = 0; i < network->layer_count; i++) {
        const network_layer *layer = &network->layers[i];
        count += (int64_t)layer->out * (layer->in + (int64_t)1);
    }
    return count;
}

void network_read_weights(const network_layer *layer, const float *buffer, float *weights)
{
    for (size_t input = 0; input < (size_t)layer->in; input++) {
        for (size_t unit = 0; unit < (size_t)layer->out; unit++) {
            *weights++ = buffer[network_weight(layer, unit, input)];
        }
    }
}

void network_write_weights(const network_layer *layer, float *buffer, const float *weights)
{
    for (size_t input = 0; input < (size_t)layer->in; input++) {
        for (size_t unit = 0; unit < (size_t)layer->out; unit++) {
            buffer[network_weight(layer, unit, input)] = *weights++;
        }
    }
}

nnfs_status network_check_layer(const nnfs_network *network, int index, nnfs_error *error)
{
    return has_layer(network, index)
               ? NNFS_OK
               : fail(error, NNFS_ERROR_ARGUMENT, "the network has no layer %d", index);
}

nnfs_status nnfs_network_get_weights(const nnfs_network *network, int index, float *weights,
                                     nnfs_error *error)
{
    nnfs_status status = network_check_layer(network, index, error);
    if (status == NNFS_OK) {
        network_read_weights(&network->layers[index], network->parameters, weights);
    }
    return status;
}

nnfs_status nnfs_network_set_weights(nnfs_network *network, int index, const float *weights,
                                     nnfs_error *error)
{
    nnfs_status status = network_check_layer(network, index, error);
    if (status == NNFS_OK) {
        network_write_weights(&network->layers[index], network->parameters, weights);
    }
    return status;
}

float *nnfs_network_biases(nnfs_network *network, int index)
{
    return has_layer(network, index) ? network->parameters + network->layers[index].biases : NULL;
}

uint64_t nnfs_network_hash(const nnfs_network *network)
{
    return hash_bytes(HASH_START, network->parameters,
                      network->parameter_floats * sizeof *network->parameters);
}

/* A product of [m x k] and [k x n] takes 2 m n k operations; elementwise work is not counted. */
double nnfs_network_flops_forward(const nnfs_network *network)
{
    double flops = 0.0;
    for (int i = 0; i < network->layer_count; i++) {
        flops += 2.0 * (double)network->layers[i].in * (double)network->layers[i].out;
    }
    return flops;
}

/* Forward, dW, and D_prev for all layers but the first. */
double nnfs_network_flops_step(const nnfs_network *network)
{
    const network_layer *input = &network->layers[0];
    return 3.0 * nnfs_network_flops_forward(network) - 2.0 * (double)input->in * (double)input->out;
}

double network_loss_terms(const nnfs_network *network, int64_t samples)
{
    double outputs = loss_of(network->loss)->mean_over_outputs ? network_output(network)->out : 1;
    return (double)samples * outputs;
}

/* ---- Fitting data ---- */

/* Whether that many classes, or else numbers, are what the outputs stand for. */
static bool fits_outputs(const nnfs_network *network, int classes, int numbers)
{
    int outputs = network_output(network)->out;
    return classes > 0 ? classes <= outputs || (classes == 2 && outputs == 1) : numbers == outputs;
}

static nnfs_status fail_outputs(const nnfs_network *network, int classes, int numbers,
                                nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DATA, "the network has %d outputs, the data has %d %s",
                network_output(network)->out, classes > 0 ? classes : numbers,
                classes > 0 ? "classes" : "targets a sample");
}

nnfs_status network_check_inputs(const nnfs_network *network, const nnfs_dataset *dataset,
                                 nnfs_error *error)
{
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    const nnfs_preprocessing *other = nnfs_dataset_preprocessing(dataset);
    if (dataset->parts.schema && !other) {
        return fail(error, NNFS_ERROR_DATA, "the table is not prepared for a network");
    }
    if (own && other && !preprocessing_equal(own, other)) {
        return fail(error, NNFS_ERROR_DATA,
                    "the data was prepared otherwise than the network's training data");
    }
    if (nnfs_dataset_features(dataset) != network->inputs) {
        return fail(error, NNFS_ERROR_DATA, "the network takes %d features, the data has %d",
                    network->inputs, nnfs_dataset_features(dataset));
    }
    if (other && !fits_outputs(network, other->classes, other->target_count)) {
        return fail_outputs(network, other->classes, other->target_count, error);
    }
    return NNFS_OK;
}

nnfs_status network_check_fit(const nnfs_network *network, const nnfs_dataset *dataset,
                              nnfs_error *error)
{
    int classes = dataset->parts.classes;
    nnfs_status status = network_check_inputs(network, dataset, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (!dataset->parts.labels && !dataset->parts.targets) {
        return fail(error, NNFS_ERROR_DATA, "the data has no targets");
    }
    if (!fits_outputs(network, classes, dataset->parts.target_count)) {
        return fail_outputs(network, classes, dataset->parts.target_count, error);
    }
    return NNFS_OK;
}

/* ---- Preprocessing ---- */

/* No training sample had the place of the others: what its weights began with would stay for ever. */
static void silence_unseen(nnfs_network *network, const nnfs_preprocessing *preprocessing)
{
    const network_layer *layer = &network->layers[0];
    for (int i = 0; i < preprocessing->column_count; i++) {
        const preprocessing_column *column = &preprocessing->columns[i];
        const nnfs_encoding *encoding = &column->encoding;
        if (encoding->kind == NNFS_COLUMN_CATEGORY && encoding->inputs > 0 &&
            !column->others_seen) {
            size_t input = (size_t)encoding->first_input + (size_t)encoding->inputs - 1;
            for (size_t unit = 0; unit < (size_t)layer->out; unit++) {
                network->parameters[network_weight(layer, unit, input)] = 0.0f;
            }
        }
    }
}

static nnfs_status check_preprocessing(const nnfs_network *network,
                                       const nnfs_preprocessing *preprocessing, nnfs_error *error)
{
    if (preprocessing->inputs != network->inputs) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the network takes %d inputs, the preprocessing makes %d", network->inputs,
                    preprocessing->inputs);
    }
    if (!fits_outputs(network, preprocessing->classes, preprocessing->target_count)) {
        return fail(
            error, NNFS_ERROR_ARGUMENT, "the network has %d outputs, the preprocessing has %d %s",
            network_output(network)->out,
            preprocessing->classes > 0 ? preprocessing->classes : preprocessing->target_count,
            preprocessing->classes > 0 ? "classes" : "targets");
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_set_preprocessing(nnfs_network *network,
                                           const nnfs_preprocessing *preprocessing,
                                           nnfs_error *error)
{
    encoder *made = NULL;
    if (preprocessing) {
        nnfs_status status = check_preprocessing(network, preprocessing, error);
        if (status != NNFS_OK) {
            return status;
        }
        made = encoder_of_rows(preprocessing);
        if (!made) {
            return fail_memory(error, (size_t)network->inputs * sizeof(float), "an encoder");
        }
        if (!network->encoder) {
            silence_unseen(network, preprocessing);
        }
    }
    encoder_release(network->encoder);
    network->encoder = made;
    return NNFS_OK;
}

const nnfs_preprocessing *nnfs_network_preprocessing(const nnfs_network *network)
{
    return encoder_preprocessing(network->encoder);
}

/* ---- Notes ---- */

/* Where `key` is or would be among the notes. */
static size_t note_place(const nnfs_network *network, const char *key)
{
    size_t place = 0;
    while (place < network->note_count && strcmp(network->notes[place].key, key) < 0) {
        place++;
    }
    return place;
}

static bool note_is_at(const nnfs_network *network, size_t place, const char *key)
{
    return place < network->note_count && strcmp(network->notes[place].key, key) == 0;
}

const char *nnfs_network_note(const nnfs_network *network, const char *key)
{
    size_t place = note_place(network, key);
    return note_is_at(network, place, key) ? network->notes[place].value : NULL;
}

/* Makes room for a note at `place`; its key and value are then the caller's to set. */
static bool insert_note(nnfs_network *network, size_t place)
{
    network_note *notes = realloc(network->notes, (network->note_count + 1) * sizeof *notes);
    if (!notes) {
        return false;
    }
    memmove(notes + place + 1, notes + place, (network->note_count - place) * sizeof *notes);
    network->notes = notes;
    network->note_count++;
    return true;
}

static void remove_note(nnfs_network *network, size_t place)
{
    network_note *note = &network->notes[place];
    free(note->key);
    free(note->value);
    network->note_count--;
    memmove(note, note + 1, (network->note_count - place) * sizeof *note);
}

nnfs_status nnfs_network_set_note(nnfs_network *network, const char *key, const char *value,
                                  nnfs_error *error)
{
    if (!value) {
        size_t place = note_place(network, key);
        if (note_is_at(network, place, key)) {
            remove_note(network, place);
        }
        return NNFS_OK;
    }
    if (!utf8_is_valid(key) || !utf8_is_valid(value)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a note's key and value must be UTF-8");
    }
    size_t place = note_place(network, key);
    bool replaces = note_is_at(network, place, key);
    char *new_value = strdup(value);
    char *new_key = replaces ? NULL : strdup(key);
    if (!new_value || (!replaces && (!new_key || !insert_note(network, place)))) {
        free(new_value);
        free(new_key);
        return fail_memory(error, strlen(key) + strlen(value), "a note");
    }
    if (replaces) {
        free(network->notes[place].value);
    } else {
        network->notes[place].key = new_key;
    }
    network->notes[place].value = new_value;
    return NNFS_OK;
}
