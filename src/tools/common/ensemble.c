/* Predictions of several networks, averaged. */
#include "common/ensemble.h"

#include "common/exit.h"

#include <stdlib.h>

static nnfs_status predict_one(const ensemble_member *member, int64_t first, int64_t count,
                               int threads, float *outputs, nnfs_error *error)
{
    return nnfs_predict_dataset(member->network, member->data, first, count, threads, outputs,
                                error);
}

nnfs_status ensemble_predict(const ensemble *of, int64_t first, int64_t count, int threads,
                             float *outputs, nnfs_error *error)
{
    if (of->count == 1) {
        return predict_one(of->members, first, count, threads, outputs, error);
    }
    size_t values = (size_t)count * (size_t)nnfs_network_outputs(of->members[0].network);
    double *sums = calloc(values, sizeof *sums);
    if (!sums) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < of->count; i++) {
        status = predict_one(&of->members[i], first, count, threads, outputs, error);
        for (size_t j = 0; status == NNFS_OK && j < values; j++) {
            sums[j] += (double)outputs[j];
        }
    }
    for (size_t j = 0; status == NNFS_OK && j < values; j++) {
        outputs[j] = (float)(sums[j] / of->count);
    }
    free(sums);
    return status;
}
