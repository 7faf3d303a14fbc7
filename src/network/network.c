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
    if (!settings) {
        return;
    }
    *settings = (nnfs_network_settings){
        .loss = NNFS_CROSS_ENTROPY, .quantile = 0.5f, .seed = 1, .members = 1};
}

static bool is_probability(float p)
{
    return p >= 0.0f && p < 1.0f;
}

static nnfs_normalization normalization_of(const nnfs_network_settings *settings, int index)
{
    if (settings->normalization) {
        return settings->normalization[index];
    }
    return NNFS_NORMALIZATION_NONE;
}

static float dropout_of(const nnfs_network_settings *settings, int index)
{
    if (settings->dropout) {
        return settings->dropout[index];
    }
    return 0.0f;
}

/* What a layer does beside its product and its activation. */
static nnfs_status check_extras(const nnfs_network_settings *settings, int index, nnfs_error *error)
{
    bool output = index + 1 == settings->layer_count;
    float dropout = dropout_of(settings, index);
    nnfs_normalization normalization = normalization_of(settings, index);
    if (!nnfs_normalization_name(normalization)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "layer %d has no known normalization", index + 1);
    }
    if (!is_probability(dropout)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the dropout of layer %d is %g; it must be at least 0 and less than 1",
                    index + 1, (double)dropout);
    }
    if (output && (dropout > 0.0f || normalization != NNFS_NORMALIZATION_NONE)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "dropout and normalization are for hidden layers, not for the output layer");
    }
    return NNFS_OK;
}

static nnfs_status check_layer(const nnfs_network_settings *settings, int index, nnfs_error *error)
{
    const nnfs_layer *layer = &settings->layers[index];
    const activation *row = activation_of(layer->activation);
    if (layer->width < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT, "layer %d has %d units; it needs at least 1",
                    index + 1, layer->width);
    }
    if (!row) {
        return fail(error, NNFS_ERROR_ARGUMENT, "layer %d has no known activation", index + 1);
    }
    if (row->output_only && index + 1 < settings->layer_count) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s is for the output layer, not for layer %d",
                    row->name, index + 1);
    }
    return check_extras(settings, index, error);
}

static nnfs_status check_layers(const nnfs_network_settings *settings, nnfs_error *error)
{
    for (int i = 0; i < settings->layer_count; i++) {
        nnfs_status status = check_layer(settings, i, error);
        if (status != NNFS_OK) {
            return status;
        }
    }
    if (!is_probability(settings->input_dropout)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the input dropout is %g; it must be at least 0 and less than 1",
                    (double)settings->input_dropout);
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
    if (settings->loss == NNFS_QUANTILE &&
        !(settings->quantile > 0.0f && settings->quantile < 1.0f)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a quantile lies between 0 and 1, which %g does not",
                    (double)settings->quantile);
    }
    return NNFS_OK;
}

enum { MOST_MEMBERS = 256 };

static nnfs_status check_members(const nnfs_network_settings *settings, nnfs_error *error)
{
    nnfs_activation last = settings->layers[settings->layer_count - 1].activation;
    if (settings->members < 1 || settings->members > MOST_MEMBERS) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a network has 1 to %d members, not %d",
                    MOST_MEMBERS, settings->members);
    }
    if (settings->members == 1) {
        return NNFS_OK;
    }
    if (last != NNFS_IDENTITY && last != NNFS_SOFTMAX && last != NNFS_SIGMOID &&
        last != NNFS_EXPONENTIAL) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "members need an output of identity, softmax, sigmoid or exponential, not %s",
                    activation_of(last)->name);
    }
    for (int i = 0; i < settings->layer_count; i++) {
        if (normalization_of(settings, i) != NNFS_NORMALIZATION_NONE) {
            return fail(error, NNFS_ERROR_ARGUMENT, "members and normalization exclude each other");
        }
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
    static nnfs_status (*const checks[])(const nnfs_network_settings *, nnfs_error *) = {
        check_layers, check_loss, check_members, network_check_embeddings};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        TRY(checks[i](settings, error));
    }
    return NNFS_OK;
}

/* ---- Making and freeing ---- */

const char *nnfs_normalization_name(nnfs_normalization which)
{
    static const char *const names[] = {
        [NNFS_NORMALIZATION_NONE] = "none",
        [NNFS_NORMALIZATION_BATCH] = "batch",
        [NNFS_NORMALIZATION_LAYER] = "layer",
    };
    if ((size_t)which < sizeof names / sizeof *names) {
        return names[which];
    }
    return NULL;
}

/*
 * A thin layer is stored as W^T: with OpenBLAS's AVX-512 kernels all three products of 784 to 10 take half
 * the time. From some 32 units on, and for fewer inputs, its kernels like W as well. Those with AVX2 do not
 * care.
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

/* Lists the layers and tensors of a network whose arrays have room for them. */
static void lay_out(nnfs_network *network, const nnfs_network_settings *settings)
{
    int in = network->other_count;
    for (int i = 0; i < network->embedding_count; i++) {
        in += embedding_rows(&network->embeddings[i]);
    }
    for (int i = 0; i < settings->layer_count; i++) {
        const nnfs_layer *from = &settings->layers[i];
        network_layer *layer = &network->layers[i];
        nnfs_normalization normalization = normalization_of(settings, i);
        bool batch = normalization == NNFS_NORMALIZATION_BATCH;
        bool normalized = normalization != NNFS_NORMALIZATION_NONE;
        *layer = (network_layer){.in = in,
                                 .out = from->width,
                                 .activation = from->activation,
                                 .normalization = normalization,
                                 .dropout = dropout_of(settings, i),
                                 .heads = i + 1 == settings->layer_count ? settings->members : 1};
        layer->weight = add_weights(network, i);
        layer->bias = add_vector(network, "bias", i, true);
        layer->scale = normalized ? add_vector(network, "scale", i, true) : -1;
        layer->running_mean = batch ? add_vector(network, "running_mean", i, false) : -1;
        layer->running_variance = batch ? add_vector(network, "running_variance", i, false) : -1;
        in = from->width;
    }
    lay_out_inputs(network);
}

nnfs_status network_describe(const nnfs_network_settings *settings, nnfs_network **network,
                             nnfs_error *error)
{
    if (!settings) {
        return fail_null(error, "settings");
    }
    if (!network) {
        return fail_null(error, "network");
    }
    *network = NULL;
    nnfs_status status = check_settings(settings, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t layers = (size_t)settings->layer_count;
    nnfs_network *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "a network");
    }
    made->inputs = settings->inputs;
    made->input_dropout = settings->input_dropout;
    made->layer_count = settings->layer_count;
    made->loss = settings->loss;
    made->quantile = settings->loss == NNFS_QUANTILE ? settings->quantile : 0.0f;
    made->layers = calloc(layers, sizeof *made->layers);
    made->tensors = calloc(size_add(layers * MOST_TENSORS, INPUT_TENSORS), sizeof *made->tensors);
    made->members = settings->members;
    if (!made->layers || !made->tensors || !network_take_embeddings(made, settings)) {
        nnfs_network_free(made);
        return fail_memory(error, layers * MOST_TENSORS * sizeof *made->tensors, "a network");
    }
    lay_out(made, settings);
    *network = made;
    return NNFS_OK;
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
    nnfs_status status = network_describe(settings, &made, error);
    if (status == NNFS_OK) {
        status = network_allocate(made, error);
    }
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
    if (left->inputs != right->inputs || left->layer_count != right->layer_count ||
        left->loss != right->loss || left->quantile != right->quantile ||
        left->input_dropout != right->input_dropout || left->members != right->members ||
        left->further_count != right->further_count || !network_same_embeddings(left, right)) {
        return false;
    }
    for (int i = 0; i < left->layer_count; i++) {
        const network_layer *a = &left->layers[i];
        const network_layer *b = &right->layers[i];
        if (a->out != b->out || a->activation != b->activation ||
            a->normalization != b->normalization || a->dropout != b->dropout) {
            return false;
        }
    }
    return true;
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
