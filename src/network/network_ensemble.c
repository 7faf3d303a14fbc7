/* Ensembles: networks of the same layers, whose outputs are averaged. */
#include "base/memory.h"
#include "network/network.h"
#include "table/preprocessing.h"

#include <stdlib.h>
#include <string.h>

nnfs_status network_grow(nnfs_network *network, nnfs_error *error)
{
    size_t count = (size_t)network->further_count;
    float **further = realloc(network->further, (count + 1) * sizeof *further);
    if (!further) {
        return fail_memory(error, (count + 1) * sizeof *further, "an ensemble");
    }
    network->further = further;
    further[count] = memory_alloc_zeroed(network->parameter_floats, sizeof(float));
    if (!further[count]) {
        return fail_memory(error, size_mul(network->parameter_floats, sizeof(float)),
                           "the parameters of an ensemble");
    }
    network->further_count++;
    return NNFS_OK;
}

bool network_has_mean(const nnfs_network *network)
{
    nnfs_activation last = network_output(network)->activation;
    return last == NNFS_IDENTITY || last == NNFS_SOFTMAX || last == NNFS_SIGMOID ||
           last == NNFS_EXPONENTIAL;
}

bool network_can_be_averaged(const nnfs_network *network)
{
    return !network_needs_fold(network) && network_has_mean(network);
}

static nnfs_status check_ensemble(const nnfs_network *network, const nnfs_network *other,
                                  nnfs_error *error)
{
    const nnfs_network left = network_alone(network, 0);
    const nnfs_network right = network_alone(other, 0);
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    const nnfs_preprocessing *others = nnfs_network_preprocessing(other);
    if (!network_same_shape(&left, &right)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the networks of an ensemble have the same layers");
    }
    if (!own != !others || (own && !preprocessing_equal(own, others))) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the networks of an ensemble have the same preprocessing");
    }
    if (network_needs_fold(network)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the networks of an ensemble have no batch normalization");
    }
    if (!network_has_mean(network)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "the networks of an ensemble have an output of identity, softmax, sigmoid or "
                    "exponential");
    }
    if (nnfs_network_networks(network) + nnfs_network_networks(other) > NETWORKS_MOST) {
        return fail(error, NNFS_ERROR_ARGUMENT, "an ensemble has at most %d networks",
                    NETWORKS_MOST);
    }
    return NNFS_OK;
}

nnfs_status nnfs_network_add(nnfs_network *network, const nnfs_network *other, nnfs_error *error)
{
    if (!network || !other) {
        return fail_null(error, network ? "other" : "network");
    }
    int count = nnfs_network_networks(other);
    int before = network->further_count;
    nnfs_status status = check_ensemble(network, other, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    for (int i = 0; i < count; i++) {
        TRY_CLEANUP(network_grow(network, error));
        memcpy(network->further[before + i], network_alone(other, i).parameters,
               network->parameter_floats * sizeof(float));
    }
cleanup:
    while (status != NNFS_OK && network->further_count > before) {
        memory_free(network->further[--network->further_count]);
    }
    return status;
}

int nnfs_network_networks(const nnfs_network *network)
{
    return network ? 1 + network->further_count : 0;
}
