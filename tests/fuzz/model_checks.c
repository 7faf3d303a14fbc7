/* A model that loads computes, and survives being saved. */
#include "model_checks.h"

#include "fuzz.h"

#include <stdlib.h>

/* The most that is allocated for the one sample that a network is asked about. */
enum { MOST_VALUES = 1 << 20 };

static void check_predicts(const nnfs_network *network)
{
    nnfs_error error = {.status = NNFS_OK};
    int inputs = nnfs_network_inputs(network);
    int outputs = nnfs_network_outputs(network);
    if (inputs > MOST_VALUES || outputs > MOST_VALUES) {
        return;
    }
    float *sample = calloc((size_t)inputs, sizeof *sample);
    float *output = calloc((size_t)outputs, sizeof *output);
    fuzz_check(sample && output);
    fuzz_check_error(nnfs_predict(network, sample, 1, 1, output, &error), &error);
    free(sample);
    free(output);
}

void check_model(const char *path)
{
    nnfs_error error = {.status = NNFS_OK};
    nnfs_network *network = NULL;
    nnfs_network *again = NULL;
    nnfs_status status = nnfs_network_load(path, &network, &error);
    fuzz_check_error(status, &error);
    fuzz_check((status == NNFS_OK) == (network != NULL));
    if (status == NNFS_OK) {
        check_predicts(network);
        fuzz_check(nnfs_network_save(network, fuzz_output(), &error) == NNFS_OK);
        fuzz_check(nnfs_network_load(fuzz_output(), &again, &error) == NNFS_OK);
        fuzz_check(nnfs_network_hash(network) == nnfs_network_hash(again));
    }
    nnfs_network_free(again);
    nnfs_network_free(network);
}
