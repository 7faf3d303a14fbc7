/* Models in memory: the bytes of a model file without the file. */
#include "formats/model.h"

#include <stdlib.h>

nnfs_status nnfs_network_save_memory(const nnfs_network *network, void **bytes, size_t *count,
                                     nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!bytes || !count) {
        return fail_null(error, bytes ? "count" : "bytes");
    }
    *bytes = NULL;
    *count = 0;
    model_bytes made = {0};
    TRY(model_write_memory(&made, network, error));
    *bytes = made.bytes;
    *count = made.count;
    return NNFS_OK;
}

nnfs_status nnfs_network_load_memory(const void *bytes, size_t count, nnfs_network **network,
                                     nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    *network = NULL;
    if (!bytes) {
        return fail_null(error, "bytes");
    }
    model_file model;
    nnfs_status status = model_open_memory(bytes, count, &model, error);
    if (status == NNFS_OK) {
        status = model_network(&model, network, error);
    }
    model_close(&model);
    return status;
}

void nnfs_memory_free(void *bytes)
{
    free(bytes);
}
