/*
 * What the columns of a table do to predictions: samples are encoded once, and then predicted with
 * the inputs of one column shuffled among them, or all set to one value.
 */
#include "base/memory.h"
#include "base/random.h"
#include "data/encoder.h"
#include "math/loss.h"
#include "platform/cpu.h"
#include "program/inference.h"
#include "training/metrics.h"
#include "training/trainer.h"

#include <string.h>

typedef struct probe {
    const nnfs_network *network;
    const nnfs_preprocessing *units; /* or NULL */
    int64_t samples;
    int inputs, outputs, threads;
    float *x;           /* [inputs x samples] */
    int32_t *labels;    /* [samples], of classes, or: */
    float *targets;     /* [outputs x samples], in their own units */
    float *predictions; /* [outputs x samples], in their own units */
    inference run;

    /* Inputs first .. first + width - 1 come from another sample, or are the same in all. */
    int first, width;
    const uint32_t *order; /* [samples] */
    const float *constant; /* [width] */
} probe;

/* ---- Samples ---- */

static nnfs_status fetch(probe *p, const nnfs_dataset *dataset, nnfs_error *error)
{
    for (int64_t i = 0; i < p->samples; i++) {
        int64_t sample = i * dataset->samples / p->samples;
        TRY(nnfs_dataset_copy(dataset, sample, 1, p->x + i * p->inputs,
                              p->labels ? p->labels + i : NULL,
                              p->targets ? p->targets + i * p->outputs : NULL, error));
    }
    return NNFS_OK;
}

static nnfs_status probe_create(const nnfs_network *network, const nnfs_dataset *dataset,
                                int64_t samples, int threads, probe *p, nnfs_error *error)
{
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    bool classes = nnfs_dataset_classes(dataset) > 0;
    *p = (probe){.network = network,
                 .units = own ? own : nnfs_dataset_preprocessing(dataset),
                 .samples = samples > 0 && samples < dataset->samples ? samples : dataset->samples,
                 .inputs = network->inputs,
                 .outputs = network_output(network)->out,
                 .threads = threads};
    size_t count = (size_t)p->samples;
    size_t values = size_mul(count, (size_t)p->outputs);
    p->x = memory_alloc(size_mul(count, (size_t)p->inputs), sizeof *p->x);
    p->predictions = memory_alloc(values, sizeof *p->predictions);
    p->labels = classes ? memory_alloc(count, sizeof *p->labels) : NULL;
    p->targets = classes ? NULL : memory_alloc(values, sizeof *p->targets);
    if (!p->x || !p->predictions || !(classes ? (void *)p->labels : (void *)p->targets)) {
        return fail_memory(error, size_mul(count, (size_t)p->inputs * sizeof *p->x), "samples");
    }
    TRY(fetch(p, dataset, error));
    return inference_create(&p->run, network, PROGRAM_PREDICT, gemm_default(), p->samples, threads,
                            error);
}

static void probe_free(probe *p)
{
    inference_free(&p->run);
    memory_free(p->x);
    memory_free(p->labels);
    memory_free(p->targets);
    memory_free(p->predictions);
}

static bool answer_tile(const inference_tile *tile, void *user)
{
    probe *p = user;
    size_t inputs = (size_t)p->inputs;
    size_t first = (size_t)tile->first;
    size_t count = (size_t)tile->count;
    float *x = inference_inputs(tile);
    memcpy(x, p->x + first * inputs, count * inputs * sizeof *x);
    for (size_t j = 0; p->width > 0 && j < count; j++) {
        const float *from = p->order ? p->x + p->order[first + j] * inputs + p->first : p->constant;
        memcpy(x + j * inputs + p->first, from, (size_t)p->width * sizeof *x);
    }
    if (!inference_forward(tile, x, NULL, 0)) {
        return false;
    }
    float *predictions = p->predictions + first * (size_t)p->outputs;
    memcpy(predictions, inference_outputs(tile), count * (size_t)p->outputs * sizeof *predictions);
    preprocessing_unscale_targets(p->units, tile->count, predictions);
    return true;
}

static nnfs_status predict(probe *p, nnfs_error *error)
{
    return inference_run(&p->run, p->samples, answer_tile, p, error);
}

/* ---- Errors ---- */

static double wrong_share(const probe *p)
{
    int64_t wrong = 0;
    for (int64_t i = 0; i < p->samples; i++) {
        int32_t chosen;
        choose_classes(p->predictions + i * p->outputs, p->outputs, 1, &chosen);
        wrong += chosen != p->labels[i];
    }
    return (double)wrong / (double)p->samples;
}

static double root_mean_square(const probe *p)
{
    size_t count = (size_t)p->samples * (size_t)p->outputs;
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        double off = (double)p->predictions[i] - (double)p->targets[i];
        squares += off * off;
    }
    return sqrt(squares / (double)count);
}

static double error_of(const probe *p)
{
    nnfs_activation output = network_output(p->network)->activation;
    if (!p->labels) {
        return root_mean_square(p);
    }
    if (output != NNFS_SOFTMAX && output != NNFS_SIGMOID) {
        return wrong_share(p);
    }
    double sum = 0.0; /* a sample at a time: a call counts columns as int */
    for (int64_t i = 0; i < p->samples; i++) {
        sum += metrics_log_loss(p->predictions + i * p->outputs, p->labels + i, p->outputs, 1);
    }
    return sum / (double)p->samples;
}

/* ---- Importance ---- */

void nnfs_importance_settings_init(nnfs_importance_settings *settings)
{
    if (settings) {
        *settings = (nnfs_importance_settings){.samples = 20000, .repeats = 5, .seed = 1};
    }
}

/* The inputs that a column becomes. */
static void choose_column(probe *p, int column)
{
    nnfs_encoding encoding = {.first_input = column, .inputs = 1};
    if (p->units) {
        encoding = nnfs_preprocessing_column(p->units, column);
    }
    p->first = encoding.first_input;
    p->width = encoding.inputs;
}

/* The rise of the error in each repeat, as mean and deviation. */
static nnfs_status shuffle_column(probe *p, int column, const nnfs_importance_settings *settings,
                                  uint32_t *order, double before, double *mean, double *deviation,
                                  nnfs_error *error)
{
    double sum = 0.0;
    double squares = 0.0;
    nnfs_status status = NNFS_OK;
    choose_column(p, column);
    for (int r = 0; p->width > 0 && status == NNFS_OK && r < settings->repeats; r++) {
        random_key key = {settings->seed + ((uint64_t)column << 32), RANDOM_SHUFFLE};
        random_permutation(key, (uint32_t)r, order, (uint32_t)p->samples);
        p->order = order;
        status = predict(p, error);
        double rise = error_of(p) - before;
        sum += rise;
        squares += rise * rise;
    }
    *mean = sum / settings->repeats;
    if (deviation) {
        double variance = squares / settings->repeats - *mean * *mean;
        *deviation = variance > 0.0 ? sqrt(variance) : 0.0;
    }
    return status;
}

static nnfs_status check(const nnfs_network *network, const nnfs_dataset *dataset,
                         const void *result, int threads, nnfs_error *error)
{
    if (!network || !dataset || !result) {
        return fail_null(error, "network, dataset or result");
    }
    TRY(cpu_check_threads(threads, error));
    return network_check_fit(network, dataset, error);
}

nnfs_status nnfs_importance(const nnfs_network *network, const nnfs_dataset *dataset,
                            const nnfs_importance_settings *settings, double *mean,
                            double *deviation, double *error_before, nnfs_error *error)
{
    nnfs_importance_settings defaults;
    nnfs_importance_settings_init(&defaults);
    if (!settings) {
        settings = &defaults;
    }
    TRY(check(network, dataset, mean, settings->threads, error));
    if (settings->repeats < 1 || settings->samples < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT, "importance needs 1 or more samples and repeats");
    }
    probe p;
    uint32_t *order = NULL;
    nnfs_status status;
    TRY_CLEANUP(probe_create(network, dataset, settings->samples, settings->threads, &p, error));
    order = memory_alloc((size_t)p.samples, sizeof *order);
    if (!order) {
        status = fail_memory(error, (size_t)p.samples * sizeof *order, "an order");
        goto cleanup;
    }
    TRY_CLEANUP(predict(&p, error));
    double before = error_of(&p);
    int columns = p.inputs;
    if (p.units) {
        columns = nnfs_preprocessing_columns(p.units);
    }
    for (int c = 0; c < columns; c++) {
        TRY_CLEANUP(shuffle_column(&p, c, settings, order, before, &mean[c],
                                   deviation ? &deviation[c] : NULL, error));
    }
    if (error_before) {
        *error_before = before;
    }
cleanup:
    memory_free(order);
    probe_free(&p);
    return status;
}

/* ---- Partial dependence ---- */

/* The inputs [inputs] of a row that has the value in the column; other columns do not matter. */
static void encode_value(const probe *p, int column, float value, float *row, float *x)
{
    for (int i = 0; i < nnfs_preprocessing_columns(p->units); i++) {
        row[i] = NAN;
    }
    row[column] = value;
    encoder_features(p->network->encoder, DTYPE_F32, false, row, x);
}

static void mean_answer(const probe *p, double *outputs)
{
    for (int i = 0; i < p->outputs; i++) {
        double sum = 0.0;
        for (int64_t j = 0; j < p->samples; j++) {
            sum += (double)p->predictions[j * p->outputs + i];
        }
        outputs[i] = sum / (double)p->samples;
    }
}

static nnfs_status depend(probe *p, int column, const float *values, int count, double *outputs,
                          nnfs_error *error)
{
    float *row = memory_alloc((size_t)nnfs_preprocessing_columns(p->units), sizeof *row);
    float *x = memory_alloc((size_t)p->inputs, sizeof *x);
    nnfs_status status =
        row && x ? NNFS_OK : fail_memory(error, (size_t)p->inputs * sizeof *x, "a row");
    choose_column(p, column);
    for (int i = 0; status == NNFS_OK && i < count; i++) {
        encode_value(p, column, values[i], row, x);
        p->constant = x + p->first;
        status = predict(p, error);
        mean_answer(p, outputs + (size_t)i * (size_t)p->outputs);
    }
    memory_free(row);
    memory_free(x);
    return status;
}

nnfs_status nnfs_partial_dependence(const nnfs_network *network, const nnfs_dataset *dataset,
                                    int column, const float *values, int count, int64_t samples,
                                    int threads, double *outputs, nnfs_error *error)
{
    TRY(check(network, dataset, outputs, threads, error));
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    if (!own || column < 0 || column >= nnfs_preprocessing_columns(own) || !values || count < 0 ||
        samples < 1) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "partial dependence needs a column of the network's table, values and samples");
    }
    probe p;
    nnfs_status status = probe_create(network, dataset, samples, threads, &p, error);
    if (status == NNFS_OK) {
        status = depend(&p, column, values, count, outputs, error);
    }
    probe_free(&p);
    return status;
}
