/*
 * Imports of ONNX models and state dicts: what becomes a network is exported, and that imported
 * again is the same; anything else is refused with a sentence.
 */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Graphs in the metadata of a model may be large in what they say: only small
 * networks go further. */
enum { PARAMETERS_MOST = 100000 };

static void check_again(const nnfs_network *network)
{
    nnfs_network *again = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = nnfs_network_export_onnx(network, fuzz_output(), &error);
    fuzz_check(status == NNFS_OK);
    status = nnfs_network_import(fuzz_output(), NULL, &again, &error);
    fuzz_check(status == NNFS_OK);
    fuzz_check(nnfs_network_parameters(network) == nnfs_network_parameters(again));
    nnfs_network_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nnfs_network *network = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = nnfs_network_import(fuzz_file(0, data, size), NULL, &network, &error);
    fuzz_check_error(status, &error);
    fuzz_check((status == NNFS_OK) == (network != NULL));
    if (network && nnfs_network_parameters(network) <= PARAMETERS_MOST) {
        check_again(network);
    }
    nnfs_network_free(network);
    return 0;
}
