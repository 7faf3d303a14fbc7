/* Prediction: the caller's features in, the network's outputs out. */
#include "training/predict.h"

#include "base/cpu.h"
#include "training/infer.h"

#include <string.h>

typedef struct prediction {
    const float *features;
    float *outputs;
} prediction;

static bool predict_tile(const infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                         int count)
{
    (void)tile;
    const prediction *job = walk->user;
    const nnfs_network *network = walk->network;
    size_t outputs = (size_t)network_output(network)->out;
    thread->pass.input = job->features + (size_t)first * (size_t)network->inputs;
    if (!pass_forward(&thread->pass, count)) {
        return false;
    }
    pass_outputs(&thread->pass, count, thread->scratch);
    memcpy(job->outputs + (size_t)first * outputs, thread->pass.a[network->layer_count - 1],
           (size_t)count * outputs * sizeof(float));
    return true;
}

nnfs_status predict_with(const gemm_backend *gemm, const nnfs_network *network,
                         const float *features, int64_t samples, int threads, float *outputs,
                         nnfs_error *error)
{
    if (!features || !outputs || samples < 0) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "prediction needs features, outputs, and 0 or more samples");
    }
    nnfs_status status = cpu_check_threads(threads, error);
    if (status != NNFS_OK || samples == 0) {
        return status;
    }
    prediction job = {features, outputs};
    infer_walk walk = {.network = network,
                       .gemm = gemm,
                       .samples = samples,
                       .threads = threads,
                       .visit = predict_tile,
                       .user = &job};
    return infer_run(&walk, error);
}

nnfs_status nnfs_predict(const nnfs_network *network, const float *features, int64_t samples,
                         int threads, float *outputs, nnfs_error *error)
{
    return predict_with(gemm_default(), network, features, samples, threads, outputs, error);
}
