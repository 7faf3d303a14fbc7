/* Copies of networks: as they are, and with batch normalisation folded for inference. */
#include "data/encoder.h"
#include "network/network_settings.h"
#include "network/normalization.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Copies ---- */

/* A network of the same layers, but for batch normalisation where `fold`; its parameters are 0. */
static nnfs_status create_like(const nnfs_network *network, bool fold, nnfs_network **like,
                               nnfs_error *error)
{
    nnfs_embedding embeddings[EMBEDDING_KINDS];
    nnfs_network *made = network_new(network->inputs, network->layer_count);
    if (!made) {
        return fail_memory(error, (size_t)network->layer_count * sizeof *made->layers, "a network");
    }
    nnfs_status status;
    settings_copy(&network_settings, made, network);
    for (int i = 0; i < network->layer_count; i++) {
        network_layer *layer = &made->layers[i];
        settings_copy(&layer_settings, layer, &network->layers[i]);
        if (fold && layer->normalization == NNFS_NORMALIZATION_BATCH) {
            layer->normalization = NNFS_NORMALIZATION_NONE;
        }
    }
    network_list_embeddings(network, embeddings);
    TRY_CLEANUP(network_take_embeddings(made, embeddings, network->embedding_count, error));
    TRY_CLEANUP(network_complete(made, error));
    TRY_CLEANUP(network_allocate(made, error));
    made->encoder = encoder_retain(network->encoder);
    made->precision = network->precision;
    *like = made;
cleanup:
    if (status != NNFS_OK) {
        nnfs_network_free(made);
    }
    return status;
}

nnfs_status nnfs_network_copy(const nnfs_network *network, nnfs_network **copy, nnfs_error *error)
{
    if (!copy) {
        return fail_null(error, "copy");
    }
    *copy = NULL;
    if (!network) {
        return fail_null(error, "network");
    }
    nnfs_network *made = NULL;
    nnfs_status status = create_like(network, false, &made, error);
    if (status != NNFS_OK) {
        return status;
    }
    memcpy(made->parameters, network->parameters, network->parameter_floats * sizeof(float));
    for (int i = 0; i < network->further_count && status == NNFS_OK; i++) {
        status = network_grow(made, error);
        if (status == NNFS_OK) {
            memcpy(made->further[i], network->further[i],
                   network->parameter_floats * sizeof(float));
        }
    }
    for (int i = 0; i < network->layer_count; i++) {
        made->layers[i].frozen = network->layers[i].frozen;
    }
    for (int i = 0; i < network->tensor_count; i++) {
        made->tensors[i].rate = network->tensors[i].rate;
        made->tensors[i].not_decayed = network->tensors[i].not_decayed;
    }
    for (size_t i = 0; i < network->note_count && status == NNFS_OK; i++) {
        status = nnfs_network_set_note(made, network->notes[i].key, network->notes[i].value, error);
    }
    if (status != NNFS_OK) {
        nnfs_network_free(made);
        return status;
    }
    *copy = made;
    return NNFS_OK;
}

/* ---- Networks that follow others ---- */

nnfs_status nnfs_network_blend(nnfs_network *network, const nnfs_network *other, float share,
                               nnfs_error *error)
{
    if (!network || !other) {
        return fail_null(error, network ? "other" : "network");
    }
    if (!network_same_shape(network, other)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the two networks have different layers");
    }
    if (!(share >= 0.0f && share <= 1.0f)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the share must be 0 to 1, not %g", (double)share);
    }
    for (int n = 0; n < nnfs_network_networks(network); n++) {
        float *to = network_alone(network, n).parameters;
        const float *from = network_alone(other, n).parameters;
        for (size_t i = 0; i < network->parameter_floats; i++) {
            to[i] = (1.0f - share) * to[i] + share * from[i];
        }
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_set_precision(nnfs_network *network, nnfs_precision precision,
                                       nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!nnfs_precision_name(precision)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "there is no precision %d", (int)precision);
    }
    if (network->members > 1 && precision != NNFS_PRECISION_F32) {
        return fail(error, NNFS_ERROR_ARGUMENT, "networks with members compute in f32, not in %s",
                    nnfs_precision_name(precision));
    }
    network->precision = precision;
    return NNFS_OK;
}

nnfs_status nnfs_network_freeze(nnfs_network *network, int index, int frozen, nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    TRY(network_check_layer(network, index, error));
    network->layers[index].frozen = frozen != 0;
    return NNFS_OK;
}

nnfs_status nnfs_network_set_tensor_rate(nnfs_network *network, int index, const char *tensor,
                                         float factor, int decays, nnfs_error *error)
{
    if (!network || !tensor) {
        return fail_null(error, network ? "tensor" : "network");
    }
    if (!(factor >= 0.0f && isfinite(factor))) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a factor of the learning rate must be 0 or more, not %g", (double)factor);
    }
    for (int i = 0; i < network->tensor_count; i++) {
        network_tensor *t = &network->tensors[i];
        if (t->layer == index && t->trained && strcmp(t->name, tensor) == 0) {
            t->rate = factor;
            t->not_decayed = decays == 0;
            return NNFS_OK;
        }
    }
    return fail(error, NNFS_ERROR_ARGUMENT, "layer %d has no trained tensor '%s'", index + 1,
                tensor);
}

/* ---- Folding ---- */

bool network_needs_fold(const nnfs_network *network)
{
    for (int i = 0; i < network->layer_count; i++) {
        if (network->layers[i].normalization == NNFS_NORMALIZATION_BATCH) {
            return true;
        }
    }
    return false;
}

static const float *values_of(const nnfs_network *network, int tensor)
{
    return network->parameters + network->tensors[tensor].offset;
}

static void copy_tensor(const nnfs_network *from, int source, nnfs_network *to, int target)
{
    const network_tensor *tensor = &from->tensors[source];
    memcpy(to->parameters + to->tensors[target].offset, values_of(from, source),
           (size_t)tensor->rows * (size_t)tensor->columns * sizeof(float));
}

/* scale (W a - mean) / sqrt(variance + eps) + bias, as W' a + bias'. */
static void fold_statistics(const nnfs_network *network, int index, nnfs_network *folded)
{
    const network_layer *layer = &network->layers[index];
    matrix weights = network_weights(folded, index, folded->parameters);
    float *bias = folded->parameters + folded->tensors[folded->layers[index].bias].offset;
    for (int unit = 0; unit < layer->out; unit++) {
        double variance = (double)values_of(network, layer->running_variance)[unit];
        double factor =
            (double)values_of(network, layer->scale)[unit] / sqrt(variance + NORMALIZATION_EPSILON);
        double mean = (double)values_of(network, layer->running_mean)[unit];
        bias[unit] = (float)((double)bias[unit] - factor * mean);
        for (int input = 0; input < layer->in; input++) {
            float *w = matrix_at(weights, unit, input);
            *w = (float)((double)*w * factor);
        }
    }
}

nnfs_status network_fold(const nnfs_network *network, nnfs_network **folded, nnfs_error *error)
{
    nnfs_status status = create_like(network, true, folded, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *from = &network->embeddings[i];
        copy_tensor(network, from->table, *folded, (*folded)->embeddings[i].table);
        if (from->edges >= 0) {
            copy_tensor(network, from->edges, *folded, (*folded)->embeddings[i].edges);
        }
    }
    for (int i = 0; i < network->layer_count; i++) {
        const network_layer *from = &network->layers[i];
        const network_layer *to = &(*folded)->layers[i];
        copy_tensor(network, from->weight, *folded, to->weight);
        copy_tensor(network, from->bias, *folded, to->bias);
        if (to->scale >= 0) {
            copy_tensor(network, from->scale, *folded, to->scale);
        }
        if (from->normalization == NNFS_NORMALIZATION_BATCH) {
            fold_statistics(network, i, *folded);
        }
    }
    return NNFS_OK;
}
