/* Networks: made of settings, and asked about. */
#include "network/network.h"

#include "base/hash.h"
#include "base/memory.h"
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
