/* Predictions: from the caller's samples or a dataset's, at once or with a handle that is kept. */
#include "training/predict.h"

#include "base/memory.h"
#include "data/batch.h"
#include "data/encoder.h"
#include "platform/cpu.h"
#include "program/inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct prediction {
    const encoder *rows;   /* of features that are columns of a table; NULL: they are inputs */
    const float *features; /* the caller's */
    const nnfs_dataset *dataset;     /* or a dataset's, */
    int64_t from;                    /* from this sample on */
    const nnfs_preprocessing *units; /* of the outputs; NULL: as the network has them */
    float *outputs;
    float *spread; /* of the members' outputs, or NULL; and then: */
    float *room;   /* [outputs x members x samples x networks of an ensemble] */
    int64_t samples;
} prediction;

/* Columns of a table, encoded into the inputs of a tile. */
static const float *encode_rows(const prediction *job, const inference_tile *tile)
{
    size_t columns = (size_t)encoder_preprocessing(job->rows)->column_count;
    size_t inputs = (size_t)tile->of->network->inputs;
    float *x = inference_inputs(tile);
    for (size_t i = 0; i < (size_t)tile->count; i++) {
        encoder_features(job->rows, DTYPE_F32, false,
                         job->features + ((size_t)tile->first + i) * columns, x + i * inputs);
    }
    return x;
}

/* The standard deviation of one output over the members of all networks. */
static float deviation(const prediction *job, const nnfs_network *network, size_t sample,
                       size_t output)
{
    size_t outputs = (size_t)network_output(network)->out;
    size_t members = (size_t)network->members;
    size_t networks = (size_t)nnfs_network_networks(network);
    double mean = 0.0;
    double squares = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < networks * members; i++) {
            size_t column = i / members * (size_t)job->samples + sample;
            double value = (double)job->room[(column * members + i % members) * outputs + output];
            if (pass == 0) {
                mean += value / (double)(networks * members);
            } else {
                squares += (value - mean) * (value - mean);
            }
        }
    }
    return (float)sqrt(squares / (double)(networks * members));
}

/* Standard deviations over the members, each in the units of the outputs. */
static void measure_spread(const prediction *job, const inference_tile *tile)
{
    const nnfs_network *network = tile->of->network;
    size_t outputs = (size_t)network_output(network)->out;
    size_t columns = (size_t)network->members * outputs;
    for (int n = 0; n < nnfs_network_networks(network); n++) {
        int64_t first = n * job->samples + tile->first;
        preprocessing_unscale_targets(job->units, (int64_t)tile->count * network->members,
                                      job->room + (size_t)first * columns);
    }
    for (size_t j = 0; j < (size_t)tile->count * outputs; j++) {
        size_t sample = (size_t)tile->first + j / outputs;
        job->spread[sample * outputs + j % outputs] = deviation(job, network, sample, j % outputs);
    }
}

static bool predict_tile(const inference_tile *tile, void *user)
{
    const prediction *job = user;
    size_t outputs = (size_t)network_output(tile->of->network)->out;
    float *result = job->outputs + (size_t)tile->first * outputs;
    const float *x = NULL;
    if (job->dataset) {
        sample_batch to = {.n = tile->count, .x = inference_inputs(tile)};
        dataset_fetch(job->dataset, NULL, job->from + tile->first, &to);
        x = to.x;
    } else {
        if (job->rows) {
            x = encode_rows(job, tile);
        } else {
            x = job->features + (size_t)tile->first * (size_t)tile->of->network->inputs;
        }
    }
    if (!inference_forward(tile, x, NULL, 0)) {
        return false;
    }
    memcpy(result, inference_outputs(tile), (size_t)tile->count * outputs * sizeof(float));
    preprocessing_unscale_targets(job->units, tile->count, result);
    if (job->spread) {
        measure_spread(job, tile);
    }
    return true;
}

static nnfs_status predict(const gemm_backend *gemm, const nnfs_network *network, prediction *job,
                           int64_t samples, int threads, nnfs_error *error)
{
    inference i = {0};
    nnfs_status status =
        inference_create(&i, network, PROGRAM_PREDICT, gemm, samples, threads, error);
    i.member_outputs = job->room;
    i.samples = job->samples = samples;
    if (status == NNFS_OK) {
        status = inference_run(&i, samples, predict_tile, job, error);
    }
    inference_free(&i);
    return status;
}

/* ---- From the caller's samples ---- */

nnfs_status predict_with(const gemm_backend *gemm, const nnfs_network *network,
                         const float *features, int64_t samples, int threads, float *outputs,
                         nnfs_error *error)
{
    if (!network) {
        return fail_null(error, "network");
    }
    if (!features || !outputs || samples < 0) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "prediction needs features, outputs, and 0 or more samples");
    }
    nnfs_status status = cpu_check_threads(threads, error);
    if (status != NNFS_OK || samples == 0) {
        return status;
    }
    prediction job = {.rows = network->encoder,
                      .features = features,
                      .units = nnfs_network_preprocessing(network),
                      .outputs = outputs};
    return predict(gemm, network, &job, samples, threads, error);
}

nnfs_status nnfs_predict(const nnfs_network *network, const float *features, int64_t samples,
                         int threads, float *outputs, nnfs_error *error)
{
    return predict_with(gemm_default(), network, features, samples, threads, outputs, error);
}

/* ---- From a dataset's ---- */

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

static nnfs_status predict_samples(const nnfs_network *network, const nnfs_dataset *dataset,
                                   int64_t first, int64_t count, int threads, prediction *job,
                                   nnfs_error *error)
{
    if (!network || !dataset) {
        return fail_null(error, network ? "dataset" : "network");
    }
    TRY(check_range(dataset, first, count, job->outputs, error));
    TRY(cpu_check_threads(threads, error));
    TRY(network_check_inputs(network, dataset, error));
    if (count == 0) {
        return NNFS_OK;
    }
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    job->dataset = dataset;
    job->from = first;
    job->units = own ? own : nnfs_dataset_preprocessing(dataset);
    return predict(gemm_default(), network, job, count, threads, error);
}

nnfs_status nnfs_predict_dataset(const nnfs_network *network, const nnfs_dataset *dataset,
                                 int64_t first, int64_t count, int threads, float *outputs,
                                 nnfs_error *error)
{
    prediction job = {.outputs = outputs};
    return predict_samples(network, dataset, first, count, threads, &job, error);
}

nnfs_status nnfs_predict_dataset_spread(const nnfs_network *network, const nnfs_dataset *dataset,
                                        int64_t first, int64_t count, int threads, float *outputs,
                                        float *spread, nnfs_error *error)
{
    if (!network || !spread) {
        return fail_null(error, network ? "spread" : "network");
    }
    int members = network->members * nnfs_network_networks(network);
    if (members < 2) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a network with a single member has no spread of its members");
    }
    size_t values = size_mul((size_t)members * (size_t)network_output(network)->out,
                             count > 0 ? (size_t)count : 1);
    prediction job = {
        .outputs = outputs, .spread = spread, .room = memory_alloc(values, sizeof(float))};
    if (!job.room) {
        return fail_memory(error, size_mul(values, sizeof(float)), "the members' outputs");
    }
    nnfs_status status = predict_samples(network, dataset, first, count, threads, &job, error);
    memory_free(job.room);
    return status;
}

/* ---- With a handle ---- */

struct nnfs_predictor {
    const nnfs_network *network;
    inference inference;
    int64_t samples; /* of a call, at most */
};

nnfs_status nnfs_predictor_create(const nnfs_network *network, int64_t samples,
                                  nnfs_predictor **predictor, nnfs_error *error)
{
    if (!predictor) {
        return fail_null(error, "predictor");
    }
    *predictor = NULL;
    if (!network) {
        return fail_null(error, "network");
    }
    if (samples < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a predictor needs room for 1 or more samples");
    }
    nnfs_predictor *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "a predictor");
    }
    made->network = network;
    made->samples = samples;
    nnfs_status status = inference_create(&made->inference, network, PROGRAM_PREDICT,
                                          gemm_default(), samples, 1, error);
    if (status != NNFS_OK) {
        nnfs_predictor_free(made);
        return status;
    }
    *predictor = made;
    return NNFS_OK;
}

nnfs_status nnfs_predictor_run(nnfs_predictor *predictor, const float *features, int64_t samples,
                               float *outputs, nnfs_error *error)
{
    if (!predictor) {
        return fail_null(error, "predictor");
    }
    if (!features || !outputs || samples < 0 || samples > predictor->samples) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "prediction needs features, outputs, and 0 to %lld samples",
                    (long long)predictor->samples);
    }
    const nnfs_network *network = predictor->network;
    prediction job = {.rows = network->encoder,
                      .features = features,
                      .units = nnfs_network_preprocessing(network),
                      .outputs = outputs};
    return inference_run(&predictor->inference, samples, predict_tile, &job, error);
}

void nnfs_predictor_free(nnfs_predictor *predictor)
{
    if (predictor) {
        inference_free(&predictor->inference);
        free(predictor);
    }
}
