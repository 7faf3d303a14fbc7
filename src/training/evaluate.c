/* Evaluation: the loss and what classes or numbers are judged by, over a whole dataset. */
#include "base/clock.h"
#include "base/memory.h"
#include "data/batch.h"
#include "data/statistics/target_stats.h"
#include "platform/cpu.h"
#include "program/inference.h"
#include "program/tiling.h"
#include "table/preprocessing.h"
#include "training/metrics.h"
#include "training/trainer.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/*
 * What the tiles leave behind, to be added up in their order. Classes have labels, choices and,
 * where there are two of them, scores; numbers have errors.
 */
typedef struct evaluation_sums {
    const nnfs_dataset *dataset;
    bool probabilities; /* the outputs are some, and the loss is not their log loss already */
    double *loss;       /* [tiles] */
    double *log_loss;   /* [tiles] */
    int32_t *labels;    /* [samples] */
    int32_t *chosen;    /* [samples] */
    float *scores;      /* [samples] the output of class 1 */
    double *absolute;   /* [tiles x outputs] sum of |p - y| of each output, in its target's units */
    double *residual;   /* [tiles x outputs] sums of (p - y)^2 */
    double *pinball;    /* [tiles] sum over all outputs, in their targets' units */
    int64_t *covered;   /* [tiles] outputs that are at least the target */
    float quantile;
    double *units;   /* [outputs] what a difference of 1 is, in the target's units */
    double *means;   /* [outputs] of the targets */
    double *squares; /* [outputs] sum of (y - mean y)^2 */
    bool logs;       /* outputs and targets are taken to their own units first */
    int each;        /* outputs that are labels, 0 or 1, of which labels and scores have each */
} evaluation_sums;

/* ---- Tiles ---- */

/* A tile's outputs [rows x columns] and what they should have been. */
typedef struct tile_outputs {
    const float *outputs;
    const int32_t *labels; /* or NULL, and then: */
    const float *targets;
    int rows, columns;
} tile_outputs;

static void keep_classes(evaluation_sums *sums, const tile_outputs *of, int tile, int64_t first)
{
    memcpy(sums->labels + first, of->labels, (size_t)of->columns * sizeof *of->labels);
    choose_classes(of->outputs, of->rows, of->columns, sums->chosen + first);
    for (int j = 0; sums->scores && j < of->columns; j++) {
        sums->scores[first + j] = of->outputs[of->rows == 1 ? j : j * of->rows + 1];
    }
    if (sums->probabilities) {
        sums->log_loss[tile] = metrics_log_loss(of->outputs, of->labels, of->rows, of->columns);
    }
}

/* Labels and scores [outputs x samples], an output's one behind the other. */
static void keep_labels(evaluation_sums *sums, const tile_outputs *of, int64_t first)
{
    for (int i = 0; i < of->rows; i++) {
        int64_t to = i * sums->dataset->samples + first;
        for (int j = 0; j < of->columns; j++) {
            sums->scores[to + j] = of->outputs[j * of->rows + i];
            sums->labels[to + j] = of->targets[j * of->rows + i] > 0.5f;
        }
    }
}

static void add_errors(evaluation_sums *sums, const tile_outputs *of, int tile)
{
    int rows = of->rows;
    double *absolute = sums->absolute + (size_t)tile * (size_t)rows;
    double *residual = sums->residual + (size_t)tile * (size_t)rows;
    double pinball = 0.0;
    int64_t covered = 0;
    for (int i = 0; i < rows; i++) {
        absolute[i] = residual[i] = 0.0;
    }
    for (int j = 0; j < of->columns; j++) {
        const float *p = of->outputs + (size_t)j * (size_t)rows;
        const float *y = of->targets + (size_t)j * (size_t)rows;
        for (int i = 0; i < rows; i++) {
            double e = ((double)p[i] - (double)y[i]) * sums->units[i];
            absolute[i] += fabs(e);
            residual[i] += e * e;
            pinball += (e < 0.0 ? -(double)sums->quantile : 1.0 - (double)sums->quantile) * e;
            covered += e >= 0.0;
        }
    }
    sums->pinball[tile] = pinball;
    sums->covered[tile] = covered;
}

static bool evaluate_tile(const inference_tile *tile, void *user)
{
    evaluation_sums *sums = user;
    if (!inference_forward(tile, NULL, sums->dataset, tile->first)) {
        return false;
    }
    const op_state *state = inference_state(tile);
    const tile_outputs of = {.outputs = inference_outputs(tile),
                             .labels = state->labels,
                             .targets = state->targets,
                             .rows = network_output(tile->of->network)->out,
                             .columns = tile->count};
    sums->loss[tile->index] = state->records[0].loss;
    if (sums->logs) {
        const nnfs_preprocessing *units = nnfs_dataset_preprocessing(sums->dataset);
        preprocessing_unscale_targets(units, tile->count, inference_outputs(tile));
        dataset_fetch_own_targets(sums->dataset, NULL, tile->first, tile->count, state->targets);
    }
    if (sums->each > 0) {
        keep_labels(sums, &of, tile->first);
    } else if (sums->labels) {
        keep_classes(sums, &of, tile->index, tile->first);
    } else {
        add_errors(sums, &of, tile->index);
    }
    return true;
}

/* ---- Classes ---- */

static double sum_of(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum;
}

/* Whether the loss of classes is the log loss: of softmax, or of the one sigmoid. */
static bool loss_is_log_loss(const nnfs_network *network)
{
    return network->loss == NNFS_CROSS_ENTROPY ||
           (network->loss == NNFS_BINARY_CROSS_ENTROPY && network_output(network)->out == 1);
}

static bool gives_probabilities(const nnfs_network *network)
{
    nnfs_activation last = network_output(network)->activation;
    return last == NNFS_SOFTMAX || last == NNFS_SIGMOID;
}

static nnfs_status fill_classes(const evaluation_sums *sums, const nnfs_network *network,
                                size_t tiles, nnfs_evaluation *evaluation, nnfs_error *error)
{
    int64_t samples = evaluation->samples;
    if (loss_is_log_loss(network)) {
        evaluation->log_loss = evaluation->loss;
    } else if (sums->probabilities) {
        evaluation->log_loss = sum_of(sums->log_loss, tiles) / (double)samples;
    }
    TRY(metrics_of_classes(sums->chosen, sums->labels, samples, sums->dataset->storage.classes,
                           evaluation, error));
    if (sums->scores) {
        return metrics_of_scores(sums->scores, sums->labels, samples, evaluation, error);
    }
    return NNFS_OK;
}

/* ---- Labels ---- */

static nnfs_status fill_each(const evaluation_sums *sums, nnfs_evaluation *each, nnfs_error *error)
{
    int64_t samples = sums->dataset->samples;
    for (int i = 0; i < sums->each; i++) {
        each[i] = EVALUATION_NONE;
        each[i].samples = samples;
        each[i].log_loss = each[i].macro_f1 = 0.0;
        TRY(metrics_of_label(sums->scores + i * samples, sums->labels + i * samples, samples,
                             &each[i], error));
    }
    return NNFS_OK;
}

/* The mean of what is defined; NaN if nothing is. */
static double mean_of_labels(const nnfs_evaluation *each, int count, size_t offset)
{
    double sum = 0.0;
    int defined = 0;
    for (int i = 0; i < count; i++) {
        double value;
        memcpy(&value, (const char *)&each[i] + offset, sizeof value);
        if (!isnan(value)) {
            sum += value;
            defined++;
        }
    }
    if (defined == 0) {
        return (double)NAN;
    }
    return sum / defined;
}

static nnfs_status fill_labels(const evaluation_sums *sums, nnfs_evaluation *made,
                               nnfs_error *error)
{
    static const size_t means[] = {
        offsetof(nnfs_evaluation, accuracy), offsetof(nnfs_evaluation, macro_f1),
        offsetof(nnfs_evaluation, roc_auc), offsetof(nnfs_evaluation, average_precision)};
    nnfs_evaluation *each = memory_alloc((size_t)sums->each, sizeof *each);
    if (!each) {
        return fail_memory(error, size_mul((size_t)sums->each, sizeof *each), "evaluation");
    }
    nnfs_status status = fill_each(sums, each, error);
    for (size_t i = 0; status == NNFS_OK && i < sizeof means / sizeof *means; i++) {
        double mean = mean_of_labels(each, sums->each, means[i]);
        memcpy((char *)made + means[i], &mean, sizeof mean);
    }
    made->log_loss = made->loss;
    memory_free(each);
    return status;
}

/* ---- Numbers ---- */

/* RMSE, MAE and R2. Targets that never vary have no R2: NaN. */
static void fill_numbers(const evaluation_sums *sums, size_t tiles, nnfs_evaluation *evaluation)
{
    size_t outputs = (size_t)sums->dataset->storage.target_count;
    double terms = (double)evaluation->samples * (double)outputs;
    double squares = 0.0;
    double r2 = 0.0;
    target_stats_measure(sums->dataset, sums->means, sums->squares);
    for (size_t i = 0; i < outputs; i++) {
        double residual = 0.0;
        for (size_t t = 0; t < tiles; t++) {
            residual += sums->residual[t * outputs + i];
        }
        squares += residual;
        if (sums->squares[i] > 0.0) {
            r2 += 1.0 - residual / sums->squares[i];
        } else {
            r2 += (double)NAN;
        }
    }
    if (sums->quantile > 0.0f) {
        int64_t covered = 0;
        for (size_t t = 0; t < tiles; t++) {
            covered += sums->covered[t];
        }
        evaluation->pinball = sum_of(sums->pinball, tiles) / terms;
        evaluation->coverage = (double)covered / terms;
    }
    evaluation->mae = sum_of(sums->absolute, tiles * outputs) / terms;
    evaluation->rmse = sqrt(squares / terms);
    evaluation->r2 = r2 / (double)outputs;
}

/* A prepared table's targets are learned as (y - center) * scale; on a log scale, no difference
 * has a unit. */
static double target_unit(const nnfs_dataset *dataset, int i)
{
    nnfs_target target = nnfs_preprocessing_target(nnfs_dataset_preprocessing(dataset), i);
    if (target.scale == 0.0f || target.is_log) {
        return 1.0;
    }
    return 1.0 / (double)target.scale;
}

/* ---- The whole ---- */

static void sums_free(evaluation_sums *sums)
{
    memory_free(sums->loss);
    memory_free(sums->log_loss);
    memory_free(sums->labels);
    memory_free(sums->chosen);
    memory_free(sums->scores);
    memory_free(sums->absolute);
    memory_free(sums->residual);
    memory_free(sums->pinball);
    memory_free(sums->covered);
    memory_free(sums->units);
    memory_free(sums->means);
    memory_free(sums->squares);
}

static bool allocate_classes(evaluation_sums *sums, const nnfs_network *network, size_t tiles)
{
    size_t samples = (size_t)sums->dataset->samples;
    bool two = sums->dataset->storage.classes == 2;
    sums->probabilities = gives_probabilities(network) && !loss_is_log_loss(network);
    sums->labels = memory_alloc(samples, sizeof *sums->labels);
    sums->chosen = memory_alloc(samples, sizeof *sums->chosen);
    if (two) {
        sums->scores = memory_alloc(samples, sizeof *sums->scores);
    } else {
        sums->scores = NULL;
    }
    if (sums->probabilities) {
        sums->log_loss = memory_alloc(tiles, sizeof *sums->log_loss);
    } else {
        sums->log_loss = NULL;
    }
    return sums->labels && sums->chosen && (sums->scores || !two) &&
           (sums->log_loss || !sums->probabilities);
}

static bool allocate_numbers(evaluation_sums *sums, size_t tiles)
{
    int outputs = sums->dataset->storage.target_count;
    size_t errors = size_mul(tiles, (size_t)outputs);
    sums->absolute = memory_alloc(errors, sizeof *sums->absolute);
    sums->residual = memory_alloc(errors, sizeof *sums->residual);
    sums->pinball = memory_alloc(tiles, sizeof *sums->pinball);
    sums->covered = memory_alloc(tiles, sizeof *sums->covered);
    sums->units = memory_alloc((size_t)outputs, sizeof *sums->units);
    sums->means = memory_alloc((size_t)outputs, sizeof *sums->means);
    sums->squares = memory_alloc((size_t)outputs, sizeof *sums->squares);
    for (int i = 0; sums->units && i < outputs; i++) {
        sums->units[i] = target_unit(sums->dataset, i);
        sums->logs = sums->logs ||
                     nnfs_preprocessing_target(nnfs_dataset_preprocessing(sums->dataset), i).is_log;
    }
    return sums->absolute && sums->residual && sums->pinball && sums->covered && sums->units &&
           sums->means && sums->squares;
}

static bool allocate_labels(evaluation_sums *sums)
{
    size_t count = size_mul((size_t)sums->dataset->samples, (size_t)sums->each);
    sums->labels = memory_alloc(count, sizeof *sums->labels);
    sums->scores = memory_alloc(count, sizeof *sums->scores);
    return sums->labels && sums->scores;
}

static bool allocate(evaluation_sums *sums, const nnfs_network *network, size_t tiles)
{
    sums->loss = memory_alloc(tiles, sizeof *sums->loss);
    if (network->loss == NNFS_BINARY_CROSS_ENTROPY) {
        sums->each = nnfs_dataset_labels_each(sums->dataset);
    }
    if (sums->each > 0) {
        return sums->loss && allocate_labels(sums);
    }
    return sums->loss && (sums->dataset->storage.labels ? allocate_classes(sums, network, tiles)
                                                        : allocate_numbers(sums, tiles));
}

static nnfs_status fill_evaluation(const evaluation_sums *sums, const nnfs_network *network,
                                   size_t tiles, nnfs_evaluation *evaluation, nnfs_error *error)
{
    *evaluation = EVALUATION_NONE;
    evaluation->samples = sums->dataset->samples;
    evaluation->loss = sum_of(sums->loss, tiles) / network_loss_terms(network, evaluation->samples);
    if (sums->each > 0) {
        return fill_labels(sums, evaluation, error);
    }
    if (sums->labels) {
        return fill_classes(sums, network, tiles, evaluation, error);
    }
    fill_numbers(sums, tiles, evaluation);
    return NNFS_OK;
}

/* Runs all tiles; sums_free in any case. */
static nnfs_status run_tiles(const nnfs_network *network, const nnfs_dataset *dataset, int threads,
                             evaluation_sums *sums, size_t *tiles, nnfs_error *error)
{
    int64_t samples = dataset->samples;
    int tile = tiling_inference(samples);
    *tiles = (size_t)((samples + tile - 1) / tile);
    if (!allocate(sums, network, *tiles)) {
        return fail_memory(error, size_mul((size_t)samples, 2 * sizeof(int32_t)), "evaluation");
    }
    inference i = {0};
    nnfs_status status =
        inference_create(&i, network, PROGRAM_EVALUATE, gemm_default(), samples, threads, error);
    if (status == NNFS_OK) {
        status = inference_run(&i, samples, evaluate_tile, sums, error);
    }
    inference_free(&i);
    return status;
}

static nnfs_status check_arguments(const nnfs_network *network, const nnfs_dataset *dataset,
                                   int threads, const nnfs_evaluation *made, nnfs_error *error)
{
    if (!network || !dataset || !made) {
        return fail_null(error, "network, dataset or evaluation");
    }
    TRY(cpu_check_threads(threads, error));
    return network_check_fit(network, dataset, error);
}

nnfs_status nnfs_evaluate(const nnfs_network *network, const nnfs_dataset *dataset, int threads,
                          nnfs_evaluation *evaluation, nnfs_error *error)
{
    double began = clock_seconds();
    size_t tiles = 0;
    nnfs_evaluation made;
    TRY(check_arguments(network, dataset, threads, evaluation, error));
    evaluation_sums sums = {.dataset = dataset, .quantile = network->quantile};
    nnfs_status status = run_tiles(network, dataset, threads, &sums, &tiles, error);
    if (status == NNFS_OK) {
        status = fill_evaluation(&sums, network, tiles, &made, error);
    }
    sums_free(&sums);
    if (status != NNFS_OK) {
        return status;
    }
    *evaluation = made;
    evaluation->seconds = clock_seconds() - began;
    return NNFS_OK;
}

nnfs_status nnfs_evaluate_labels(const nnfs_network *network, const nnfs_dataset *dataset,
                                 int threads, nnfs_evaluation *each, nnfs_error *error)
{
    size_t tiles = 0;
    TRY(check_arguments(network, dataset, threads, each, error));
    if (network->loss != NNFS_BINARY_CROSS_ENTROPY || nnfs_dataset_labels_each(dataset) == 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the outputs and targets are no labels");
    }
    evaluation_sums sums = {.dataset = dataset};
    nnfs_status status = run_tiles(network, dataset, threads, &sums, &tiles, error);
    if (status == NNFS_OK) {
        status = fill_each(&sums, each, error);
    }
    sums_free(&sums);
    return status;
}

/* ---- Probabilities from elsewhere ---- */

/* What the labels of a dataset and the choices of probabilities come to. */
static nnfs_status judge(const nnfs_dataset *dataset, const float *probabilities, int rows,
                         evaluation_sums *sums, nnfs_evaluation *made, nnfs_error *error)
{
    int64_t samples = dataset->samples;
    if (!sums->labels || !sums->chosen || !sums->scores) {
        return fail_memory(error, size_mul((size_t)samples, 2 * sizeof(int32_t)), "evaluation");
    }
    sample_batch batch = {.n = samples, .labels = sums->labels};
    dataset_fetch(dataset, NULL, 0, &batch);
    choose_classes(probabilities, rows, (int)samples, sums->chosen);
    made->loss =
        metrics_log_loss(probabilities, sums->labels, rows, (int)samples) / (double)samples;
    made->log_loss = made->loss;
    nnfs_status status = metrics_of_classes(sums->chosen, sums->labels, samples,
                                            dataset->storage.classes, made, error);
    if (status != NNFS_OK || dataset->storage.classes != 2) {
        return status;
    }
    for (int64_t j = 0; j < samples; j++) {
        sums->scores[j] = probabilities[rows == 1 ? j : j * rows + 1];
    }
    return metrics_of_scores(sums->scores, sums->labels, samples, made, error);
}

nnfs_status nnfs_evaluate_probabilities(const nnfs_dataset *dataset, const float *probabilities,
                                        int rows, nnfs_evaluation *evaluation, nnfs_error *error)
{
    double began = clock_seconds();
    if (!dataset || !probabilities || !evaluation) {
        return fail_null(error, "dataset, probabilities or evaluation");
    }
    if (!dataset_has_labels(dataset)) {
        return fail(error, NNFS_ERROR_DATA, "the dataset has no classes to compare with");
    }
    if (dataset->samples > INT_MAX ||
        !(rows >= dataset->storage.classes || (rows == 1 && dataset->storage.classes <= 2))) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%d rows of probabilities do not fit %d classes",
                    rows, dataset->storage.classes);
    }
    size_t samples = (size_t)dataset->samples;
    evaluation_sums sums = {.labels = memory_alloc(samples, sizeof *sums.labels),
                            .chosen = memory_alloc(samples, sizeof *sums.chosen),
                            .scores = memory_alloc(samples, sizeof *sums.scores)};
    nnfs_evaluation made = EVALUATION_NONE;
    made.samples = dataset->samples;
    nnfs_status status = judge(dataset, probabilities, rows, &sums, &made, error);
    if (status == NNFS_OK) {
        *evaluation = made;
        evaluation->seconds = clock_seconds() - began;
    }
    sums_free(&sums);
    return status;
}
