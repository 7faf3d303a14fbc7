/* Networks: made of settings, and asked about. */
#include "network/network.h"

#include "base/hash.h"
#include "base/memory.h"
#include "data/encoder.h"
#include "network/initialize.h"
#include "network/network_settings.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Settings ---- */

static nnfs_status check_layer(const nnfs_network *network, int index, nnfs_error *error)
{
    const network_layer *layer = &network->layers[index];
    nnfs_error reason;
    if (settings_check(&layer_settings, layer, &reason) != NNFS_OK) {
        return fail(error, NNFS_ERROR_ARGUMENT, "layer %d: %s", index + 1, reason.message);
    }
    const activation *row = activation_of(layer->activation);
    bool output = index + 1 == network->layer_count;
    if (row->output_only && !output) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s is for the output layer, not for layer %d",
                    row->name, index + 1);
    }
    if (output && (layer->dropout > 0.0f || layer->normalization != NNFS_NORMALIZATION_NONE)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "dropout and normalization are for hidden layers, not for the output layer");
    }
    return NNFS_OK;
}

static nnfs_status check_loss(const nnfs_network *network, nnfs_error *error)
{
    const loss_function *row = loss_of(network->loss);
    nnfs_activation output = network_output(network)->activation;
    if (row->fused && output != row->partner) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s needs a %s output, not %s", row->name,
                    activation_of(row->partner)->name, activation_of(output)->name);
    }
    return NNFS_OK;
}

static nnfs_status check_members(const nnfs_network *network, nnfs_error *error)
{
    if (network->members == 1) {
        return NNFS_OK;
    }
    if (!network_has_mean(network)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "members need an output of identity, softmax, sigmoid or exponential, not %s",
                    activation_of(network_output(network)->activation)->name);
    }
    for (int i = 0; i < network->layer_count; i++) {
        if (network->layers[i].normalization != NNFS_NORMALIZATION_NONE) {
            return fail(error, NNFS_ERROR_ARGUMENT, "members and normalization exclude each other");
        }
    }
    return NNFS_OK;
}

static nnfs_status check_network(const nnfs_network *network, nnfs_error *error)
{
    for (int i = 0; i < network->layer_count; i++) {
        TRY(check_layer(network, i, error));
    }
    TRY(settings_check(&network_settings, network, error));
    TRY(check_loss(network, error));
    return check_members(network, error);
}

/* ---- Making and freeing ---- */

/*
 * A thin layer is stored as W^T: with OpenBLAS's AVX-512 kernels all three products of 784 to 10
 * take half the time. From some 32 units on, and for fewer inputs, its kernels like W as well.
 * Those with AVX2 do not care.
 */
enum { THIN_UNITS = 24, THIN_INPUTS = 32, MOST_TENSORS = 5, INPUT_TENSORS = EMBEDDING_KINDS + 2 };

/* Adds a tensor behind the others; returns its index. */
static int add_tensor(nnfs_network *network, network_tensor tensor)
{
    size_t size = size_mul((size_t)tensor.rows, (size_t)tensor.columns);
    tensor.offset = network->parameter_floats;
    tensor.rate = 1.0f;
    network->parameter_floats =
        size_round_up(size_add(network->parameter_floats, size), MEMORY_LINE_FLOATS);
    network->tensors[network->tensor_count] = tensor;
    return network->tensor_count++;
}

static int add_vector(nnfs_network *network, const char *name, int layer, bool trained)
{
    int rows = network->layers[layer].out * network->layers[layer].heads;
    return add_tensor(network, (network_tensor){.name = name,
                                                .layer = layer,
                                                .rank = 1,
                                                .rows = rows,
                                                .columns = 1,
                                                .row_stride = 1,
                                                .column_stride = rows,
                                                .trained = trained});
}

static int add_weights(nnfs_network *network, int index)
{
    const network_layer *layer = &network->layers[index];
    bool thin = layer->out <= THIN_UNITS && layer->in >= THIN_INPUTS;
    int columns = layer->in * layer->heads;
    return add_tensor(network, (network_tensor){.name = "weight",
                                                .layer = index,
                                                .rank = 2,
                                                .rows = layer->out,
                                                .columns = columns,
                                                .row_stride = thin ? columns : 1,
                                                .column_stride = thin ? 1 : layer->out,
                                                .trained = true});
}

/* A matrix of the inputs, its columns one behind the other. */
static int add_input_matrix(nnfs_network *network, const char *name, int rows, int columns,
                            bool trained)
{
    return add_tensor(network, (network_tensor){.name = name,
                                                .layer = -1,
                                                .rank = 2,
                                                .rows = rows,
                                                .columns = columns,
                                                .row_stride = 1,
                                                .column_stride = rows,
                                                .trained = trained});
}

static void lay_out_inputs(nnfs_network *network)
{
    network->member_scale = -1;
    for (int i = 0; i < network->embedding_count; i++) {
        network_embedding *embedding = &network->embeddings[i];
        embedding_table table = network_embedding_table(embedding);
        embedding->table = add_input_matrix(network, table.name, table.rows, table.columns, true);
        network->tensors[embedding->table].rate = table.rate;
        embedding->edges = -1;
        if (embedding->as.kind == NNFS_EMBEDDING_PIECEWISE) {
            embedding->edges = add_input_matrix(network, "edges", embedding->as.bins + 1,
                                                embedding->as.count, false);
        }
    }
    if (network->members > 1) {
        network->member_scale = add_input_matrix(network, "member_scale", network->layers[0].in,
                                                 network->members, true);
    }
}

/* Lists the tensors of a network whose layers have their settings. */
static void lay_out(nnfs_network *network)
{
    int in = network->other_count;
    for (int i = 0; i < network->embedding_count; i++) {
        in += embedding_rows(&network->embeddings[i]);
    }
    for (int i = 0; i < network->layer_count; i++) {
        network_layer *layer = &network->layers[i];
        bool batch = layer->normalization == NNFS_NORMALIZATION_BATCH;
        bool normalized = layer->normalization != NNFS_NORMALIZATION_NONE;
        layer->in = in;
        layer->heads = i + 1 == network->layer_count ? network->members : 1;
        layer->weight = add_weights(network, i);
        layer->bias = add_vector(network, "bias", i, true);
        layer->scale = normalized ? add_vector(network, "scale", i, true) : -1;
        layer->running_mean = batch ? add_vector(network, "running_mean", i, false) : -1;
        layer->running_variance = batch ? add_vector(network, "running_variance", i, false) : -1;
        in = layer->out;
    }
    lay_out_inputs(network);
}

nnfs_network *network_new(int inputs, int layers)
{
    nnfs_network *made = calloc(1, sizeof *made);
    if (!made) {
        return NULL;
    }
    settings_init(&network_settings, made);
    made->inputs = inputs;
    made->other_count = inputs;
    made->layer_count = layers;
    made->layers = calloc((size_t)layers, sizeof *made->layers);
    if (!made->layers) {
        nnfs_network_free(made);
        return NULL;
    }
    for (int i = 0; i < layers; i++) {
        settings_init(&layer_settings, &made->layers[i]);
    }
    return made;
}

/* The output layer has a matrix and a bias for each member, and they are one tensor each. */
static nnfs_status check_sizes(const nnfs_network *network, nnfs_error *error)
{
    int64_t members = network->members;
    int64_t in = network->inputs;
    if (network->layer_count > 1) {
        in = network->layers[network->layer_count - 2].out;
    }
    if (in * members > INT_MAX || network_output(network)->out * members > INT_MAX) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%d members are too many for the output layer",
                    network->members);
    }
    return NNFS_OK;
}

nnfs_status network_complete(nnfs_network *network, nnfs_error *error)
{
    TRY(check_network(network, error));
    settings_resolve(&network_settings, network);
    TRY(check_sizes(network, error));
    size_t most = size_add((size_t)network->layer_count * MOST_TENSORS, INPUT_TENSORS);
    network->tensors = calloc(most, sizeof *network->tensors);
    if (!network->tensors) {
        return fail_memory(error, most * sizeof *network->tensors, "the list of tensors");
    }
    lay_out(network);
    return NNFS_OK;
}

nnfs_status network_describe(const nnfs_network_settings *settings, nnfs_network **network,
                             nnfs_error *error)
{
    *network = NULL;
    if (settings->inputs < 1 || settings->layer_count < 1 || !settings->layers) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a network needs at least 1 input and 1 layer, not %d and %d", settings->inputs,
                    settings->layer_count);
    }
    TRY(settings_check(&init_settings, settings, error));
    nnfs_network *made = network_new(settings->inputs, settings->layer_count);
    if (!made) {
        return fail_memory(error, (size_t)settings->layer_count * sizeof *made->layers,
                           "a network");
    }
    nnfs_status status;
    network_take_settings(made, settings);
    TRY_CLEANUP(
        network_take_embeddings(made, settings->embeddings, settings->embedding_count, error));
    TRY_CLEANUP(network_complete(made, error));
    *network = made;
cleanup:
    if (status != NNFS_OK) {
        nnfs_network_free(made);
    }
    return status;
}

nnfs_status network_allocate(nnfs_network *network, nnfs_error *error)
{
    network->parameters = memory_alloc_zeroed(network->parameter_floats, sizeof(float));
    if (!network->parameters || !network_list_others(network)) {
        return fail_memory(error, size_mul(network->parameter_floats, sizeof(float)),
                           "the network's parameters");
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_create(const nnfs_network_settings *settings, nnfs_network **network,
                                nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    *network = NULL;
    if (!settings) {
        return fail_null(error, "settings");
    }
    nnfs_network *made = NULL;
    TRY(network_describe(settings, &made, error));
    nnfs_status status = network_allocate(made, error);
    if (status != NNFS_OK) {
        nnfs_network_free(made);
        return status;
    }
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
        free(network->tensors);
        network_free_embeddings(network);
        memory_free(network->parameters);
        for (int i = 0; i < network->further_count; i++) {
            memory_free(network->further[i]);
        }
        free(network->further);
        free(network);
    }
}

/* ---- Asking ---- */

int nnfs_network_inputs(const nnfs_network *network)
{
    if (!network) {
        return 0;
    }
    return network->inputs;
}

int nnfs_network_outputs(const nnfs_network *network)
{
    if (!network) {
        return 0;
    }
    return network_output(network)->out;
}

int nnfs_network_layer_count(const nnfs_network *network)
{
    if (!network) {
        return 0;
    }
    return network->layer_count;
}

static bool has_layer(const nnfs_network *network, int index)
{
    return network && index >= 0 && index < network->layer_count;
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

nnfs_normalization nnfs_network_normalization(const nnfs_network *network, int index)
{
    if (has_layer(network, index)) {
        return network->layers[index].normalization;
    }
    return NNFS_NORMALIZATION_NONE;
}

float nnfs_network_dropout(const nnfs_network *network, int index)
{
    if (has_layer(network, index)) {
        return network->layers[index].dropout;
    }
    return 0.0f;
}

float nnfs_network_input_dropout(const nnfs_network *network)
{
    if (network) {
        return network->input_dropout;
    }
    return 0.0f;
}

int nnfs_network_members(const nnfs_network *network)
{
    if (!network) {
        return 0;
    }
    return network->members;
}

int nnfs_network_layer_columns(const nnfs_network *network, int index)
{
    if (!has_layer(network, index)) {
        return 0;
    }
    return network->tensors[network->layers[index].weight].columns;
}

nnfs_loss nnfs_network_loss(const nnfs_network *network)
{
    if (network) {
        return network->loss;
    }
    return NNFS_CROSS_ENTROPY;
}

float nnfs_network_quantile(const nnfs_network *network)
{
    if (network) {
        return network->quantile;
    }
    return 0.0f;
}

int64_t nnfs_network_parameters(const nnfs_network *network)
{
    int64_t count = 0;
    for (int i = 0; network && i < network->tensor_count; i++) {
        const network_tensor *tensor = &network->tensors[i];
        if (tensor->trained) {
            count += (int64_t)tensor->rows * tensor->columns;
        }
    }
    return count * nnfs_network_networks(network);
}

bool network_same_shape(const nnfs_network *left, const nnfs_network *right)
{
    bool same = left->inputs == right->inputs && left->layer_count == right->layer_count &&
                left->further_count == right->further_count &&
                !settings_difference(&network_settings, left, right) &&
                network_same_embeddings(left, right);
    for (int i = 0; same && i < left->layer_count; i++) {
        same = !settings_difference(&layer_settings, &left->layers[i], &right->layers[i]);
    }
    return same;
}

void network_read_tensor(const network_tensor *which, const float *buffer, float *values)
{
    const float *from = buffer + which->offset;
    for (ptrdiff_t j = 0; j < which->columns; j++) {
        for (ptrdiff_t i = 0; i < which->rows; i++) {
            *values++ = from[i * which->row_stride + j * which->column_stride];
        }
    }
}

void network_write_tensor(const network_tensor *which, float *buffer, const float *values)
{
    float *to = buffer + which->offset;
    for (ptrdiff_t j = 0; j < which->columns; j++) {
        for (ptrdiff_t i = 0; i < which->rows; i++) {
            to[i * which->row_stride + j * which->column_stride] = *values++;
        }
    }
}

nnfs_status network_check_layer(const nnfs_network *network, int index, nnfs_error *error)
{
    if (!has_layer(network, index)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the network has no layer %d", index);
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_get_weights(const nnfs_network *network, int index, float *weights,
                                     nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!weights) {
        return fail_null(error, "weights");
    }
    TRY(network_check_layer(network, index, error));
    network_read_tensor(&network->tensors[network->layers[index].weight], network->parameters,
                        weights);
    return NNFS_OK;
}

nnfs_status nnfs_network_set_weights(nnfs_network *network, int index, const float *weights,
                                     nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!weights) {
        return fail_null(error, "weights");
    }
    TRY(network_check_layer(network, index, error));
    network_write_tensor(&network->tensors[network->layers[index].weight], network->parameters,
                         weights);
    return NNFS_OK;
}

float *nnfs_network_biases(nnfs_network *network, int index)
{
    if (!has_layer(network, index)) {
        return NULL;
    }
    return network->parameters + network->tensors[network->layers[index].bias].offset;
}

uint64_t nnfs_network_hash(const nnfs_network *network)
{
    if (!network) {
        return 0;
    }
    uint64_t hash = HASH_START;
    for (int i = 0; i < nnfs_network_networks(network); i++) {
        hash = hash_bytes(hash, network_alone(network, i).parameters,
                          network->parameter_floats * sizeof *network->parameters);
    }
    return hash;
}

/* A product of [m x k] and [k x n] takes 2 m n k operations; elementwise work is not counted. */
double nnfs_network_flops_forward(const nnfs_network *network)
{
    double flops = 0.0;
    for (int i = 0; network && i < network->layer_count; i++) {
        flops += 2.0 * (double)network->layers[i].in * (double)network->layers[i].out *
                 (double)network->members;
    }
    return flops * nnfs_network_networks(network);
}

/* Forward, dW, and D_prev for all layers but the first. */
double nnfs_network_flops_step(const nnfs_network *network)
{
    if (!network) {
        return 0.0;
    }
    const network_layer *input = &network->layers[0];
    bool inputs_learn = network->member_scale >= 0 || network->embedding_count > 0;
    double forward = nnfs_network_flops_forward(network);
    return 3.0 * forward - (inputs_learn ? 0.0 : 2.0 * (double)input->in * (double)input->out);
}

double network_loss_terms(const nnfs_network *network, int64_t samples)
{
    double outputs = 1;
    if (loss_of(network->loss)->mean_over_outputs) {
        outputs = network_output(network)->out;
    }
    return (double)samples * outputs;
}
