/* nnfs_predict and nnfs_predict_dataset: forward passes from the caller's samples, or a dataset's. */
#include "training/predict.h"

#include "data/encoder.h"
#include "data/gather.h"
#include "platform/cpu.h"
#include "training/infer.h"

#include <string.h>

typedef struct prediction {
    const float *features;           /* the caller's */
    const nnfs_dataset *dataset;     /* or a dataset's, */
    int64_t from;                    /* from this sample on */
    const nnfs_preprocessing *units; /* of the outputs; NULL: as the network has them */
    float *outputs;
} prediction;

/* From the inputs where they lie to the caller's outputs. */
static bool predict_inputs(const infer_walk *walk, infer_thread *thread, const float *inputs,
                           int64_t first, int count)
{
    const prediction *job = walk->user;
    const nnfs_network *network = walk->network;
    size_t outputs = (size_t)network_output(network)->out;
    float *result = job->outputs + (size_t)first * outputs;
    thread->pass.input = inputs;
    if (!pass_forward(&thread->pass, count)) {
        return false;
    }
    pass_outputs(&thread->pass, count, thread->scratch);
    memcpy(result, thread->pass.a[network->layer_count - 1],
           (size_t)count * outputs * sizeof(float));
    preprocessing_unscale_targets(job->units, count, result);
    return true;
}

static bool predict_features(const infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                             int count)
{
    (void)tile;
    const prediction *job = walk->user;
    const float *inputs = job->features + (size_t)first * (size_t)walk->network->inputs;
    return predict_inputs(walk, thread, inputs, first, count);
}

static bool predict_rows(const infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                         int count)
{
    (void)tile;
    const prediction *job = walk->user;
    const encoder *rows = walk->network->encoder;
    size_t columns = (size_t)encoder_preprocessing(rows)->column_count;
    for (int i = 0; i < count; i++) {
        encoder_features(rows, DTYPE_F32, false,
                         job->features + ((size_t)first + (size_t)i) * columns,
                         thread->input + (size_t)i * (size_t)walk->network->inputs);
    }
    return predict_inputs(walk, thread, thread->input, first, count);
}

static bool predict_samples(const infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                            int count)
{
    (void)tile;
    const prediction *job = walk->user;
    gather_features(job->dataset, NULL, job->from + first, count, thread->input);
    return predict_inputs(walk, thread, thread->input, first, count);
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
    prediction job = {
        .features = features, .units = nnfs_network_preprocessing(network), .outputs = outputs};
    infer_walk walk = {.network = network,
                       .gemm = gemm,
                       .samples = samples,
                       .threads = threads,
                       .visit = network->encoder ? predict_rows : predict_features,
                       .user = &job};
    return infer_run(&walk, error);
}

nnfs_status nnfs_predict(const nnfs_network *network, const float *features, int64_t samples,
                         int threads, float *outputs, nnfs_error *error)
{
    return predict_with(gemm_default(), network, features, samples, threads, outputs, error);
}

static nnfs_status check_range(const nnfs_dataset *dataset, int64_t first, int64_t count,
                               const float *outputs, nnfs_error *error)
{
    if (!outputs || first < 0 || count < 0 || first > dataset->samples ||
        count > dataset->samples - first) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "prediction needs outputs, and samples among the %lld that there are",
                    (long long)dataset->samples);
    }
    return NNFS_OK;
}

nnfs_status nnfs_predict_dataset(const nnfs_network *network, const nnfs_dataset *dataset,
                                 int64_t first, int64_t count, int threads, float *outputs,
                                 nnfs_error *error)
{
    nnfs_status status = check_range(dataset, first, count, outputs, error);
    if (status == NNFS_OK) {
        status = cpu_check_threads(threads, error);
    }
    if (status == NNFS_OK) {
        status = network_check_inputs(network, dataset, error);
    }
    if (status != NNFS_OK || count == 0) {
        return status;
    }
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    const nnfs_preprocessing *units = own ? own : nnfs_dataset_preprocessing(dataset);
    prediction job = {.dataset = dataset, .from = first, .units = units, .outputs = outputs};
    infer_walk walk = {.network = network,
                       .gemm = gemm_default(),
                       .samples = count,
                       .threads = threads,
                       .visit = predict_samples,
                       .user = &job};
    return infer_run(&walk, error);
}
