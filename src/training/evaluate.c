/* Evaluation: the loss and what classes or numbers are judged by, over a whole dataset. */
#include "base/clock.h"
#include "base/memory.h"
#include "data/gather.h"
#include "data/statistics/target_stats.h"
#include "platform/cpu.h"
#include "training/infer.h"
#include "training/metrics.h"
#include "training/trainer.h"

#include <math.h>

/*
 * What the tiles leave behind, to be added up in their order. Classes have labels, choices and, where
 * there are two of them, scores; numbers have errors.
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
    double *residual;   /* [tiles x outputs] sum of (p - y)^2 likewise */
    double *units;      /* [outputs] what a difference of 1 is, in the target's units */
    double *means;      /* [outputs] of the targets */
    double *squares;    /* [outputs] sum of (y - mean y)^2 */
} evaluation_sums;

/* ---- Tiles ---- */

/* The network's loss on a tile, and its outputs. */
static void visit_loss(evaluation_sums *sums, const nnfs_network *network, loss_tile *outputs,
                       int tile)
{
    const activation *last = activation_of(network_output(network)->activation);
    sums->loss[tile] = loss_of(network->loss)->visit(outputs, last);
}

static void keep_classes(evaluation_sums *sums, const loss_tile *outputs, int tile, int64_t first)
{
    int rows = outputs->rows;
    choose_classes(outputs->outputs, rows, outputs->columns, sums->chosen + first);
    for (int j = 0; sums->scores && j < outputs->columns; j++) {
        sums->scores[first + j] = outputs->outputs[rows == 1 ? j : j * rows + 1];
    }
    if (sums->probabilities) {
        sums->log_loss[tile] =
            metrics_log_loss(outputs->outputs, outputs->labels, rows, outputs->columns);
    }
}

static void add_errors(evaluation_sums *sums, const loss_tile *outputs, int tile)
{
    int rows = outputs->rows;
    double *absolute = sums->absolute + (size_t)tile * (size_t)rows;
    double *residual = sums->residual + (size_t)tile * (size_t)rows;
    for (int i = 0; i < rows; i++) {
        absolute[i] = residual[i] = 0.0;
    }
    for (int j = 0; j < outputs->columns; j++) {
        const float *p = outputs->outputs + (size_t)j * (size_t)rows;
        const float *y = outputs->targets + (size_t)j * (size_t)rows;
        for (int i = 0; i < rows; i++) {
            double e = ((double)p[i] - (double)y[i]) * sums->units[i];
            absolute[i] += fabs(e);
            residual[i] += e * e;
        }
    }
}

static bool evaluate_tile(const infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                          int count)
{
    evaluation_sums *sums = walk->user;
    const nnfs_network *network = walk->network;
    bool classes = sums->labels != NULL;
    gather_features(sums->dataset, NULL, first, count, thread->input);
    if (!pass_forward(&thread->pass, count)) {
        return false;
    }
    loss_tile outputs = {.z = thread->pass.z[network->layer_count - 1],
                         .outputs = thread->pass.a[network->layer_count - 1],
                         .labels = classes ? sums->labels + first : NULL,
                         .targets = classes ? NULL : thread->targets,
                         .scratch = thread->scratch,
                         .rows = network_output(network)->out,
                         .columns = count};
    if (classes) {
        gather_labels(sums->dataset, NULL, first, count, sums->labels + first);
        visit_loss(sums, network, &outputs, tile);
        keep_classes(sums, &outputs, tile, first);
    } else {
        gather_targets(sums->dataset, NULL, first, count, thread->targets);
        visit_loss(sums, network, &outputs, tile);
        add_errors(sums, &outputs, tile);
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
    nnfs_status status = metrics_of_classes(sums->chosen, sums->labels, samples,
                                            sums->dataset->parts.classes, evaluation, error);
    if (status == NNFS_OK && sums->scores) {
        status = metrics_roc_auc(sums->scores, sums->labels, samples, &evaluation->roc_auc, error);
    }
    return status;
}

/* ---- Numbers ---- */

/* RMSE, MAE and R2. Targets that never vary have no R2: NaN. */
static void fill_numbers(const evaluation_sums *sums, size_t tiles, nnfs_evaluation *evaluation)
{
    size_t outputs = (size_t)sums->dataset->parts.target_count;
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
        r2 += sums->squares[i] > 0.0 ? 1.0 - residual / sums->squares[i] : (double)NAN;
    }
    evaluation->mae = sum_of(sums->absolute, tiles * outputs) / terms;
    evaluation->rmse = sqrt(squares / terms);
    evaluation->r2 = r2 / (double)outputs;
}

/* A prepared table's targets are learned as (y - center) * scale. */
static double target_unit(const nnfs_dataset *dataset, int i)
{
    const nnfs_preprocessing *preprocessing = nnfs_dataset_preprocessing(dataset);
    return preprocessing ? 1.0 / (double)nnfs_preprocessing_target(preprocessing, i).scale : 1.0;
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
    memory_free(sums->units);
    memory_free(sums->means);
    memory_free(sums->squares);
}

static bool allocate_classes(evaluation_sums *sums, const nnfs_network *network, size_t tiles)
{
    size_t samples = (size_t)sums->dataset->samples;
    bool two = sums->dataset->parts.classes == 2;
    sums->probabilities = gives_probabilities(network) && !loss_is_log_loss(network);
    sums->labels = memory_alloc(samples, sizeof *sums->labels);
    sums->chosen = memory_alloc(samples, sizeof *sums->chosen);
    sums->scores = two ? memory_alloc(samples, sizeof *sums->scores) : NULL;
    sums->log_loss = sums->probabilities ? memory_alloc(tiles, sizeof *sums->log_loss) : NULL;
    return sums->labels && sums->chosen && (sums->scores || !two) &&
           (sums->log_loss || !sums->probabilities);
}

static bool allocate_numbers(evaluation_sums *sums, size_t tiles)
{
    int outputs = sums->dataset->parts.target_count;
    size_t errors = size_mul(tiles, (size_t)outputs);
    sums->absolute = memory_alloc(errors, sizeof *sums->absolute);
    sums->residual = memory_alloc(errors, sizeof *sums->residual);
    sums->units = memory_alloc((size_t)outputs, sizeof *sums->units);
    sums->means = memory_alloc((size_t)outputs, sizeof *sums->means);
    sums->squares = memory_alloc((size_t)outputs, sizeof *sums->squares);
    for (int i = 0; sums->units && i < outputs; i++) {
        sums->units[i] = target_unit(sums->dataset, i);
    }
    return sums->absolute && sums->residual && sums->units && sums->means && sums->squares;
}

static bool allocate(evaluation_sums *sums, const nnfs_network *network, size_t tiles)
{
    sums->loss = memory_alloc(tiles, sizeof *sums->loss);
    return sums->loss && (sums->dataset->parts.labels ? allocate_classes(sums, network, tiles)
                                                      : allocate_numbers(sums, tiles));
}

static nnfs_status fill_evaluation(const evaluation_sums *sums, const nnfs_network *network,
                                   size_t tiles, nnfs_evaluation *evaluation, nnfs_error *error)
{
    *evaluation = EVALUATION_NONE;
    evaluation->samples = sums->dataset->samples;
    evaluation->loss = sum_of(sums->loss, tiles) / network_loss_terms(network, evaluation->samples);
    if (sums->labels) {
        return fill_classes(sums, network, tiles, evaluation, error);
    }
    fill_numbers(sums, tiles, evaluation);
    return NNFS_OK;
}

nnfs_status nnfs_evaluate(const nnfs_network *network, const nnfs_dataset *dataset, int threads,
                          nnfs_evaluation *evaluation, nnfs_error *error)
{
    double began = clock_seconds();
    nnfs_status status = cpu_check_threads(threads, error);
    if (status == NNFS_OK) {
        status = network_check_fit(network, dataset, error);
    }
    if (status != NNFS_OK) {
        return status;
    }
    int tile = plan_inference_tile(dataset->samples);
    size_t tiles = (size_t)((dataset->samples + tile - 1) / tile);
    evaluation_sums sums = {.dataset = dataset};
    nnfs_evaluation made;
    infer_walk walk = {.network = network,
                       .gemm = gemm_default(),
                       .samples = dataset->samples,
                       .threads = threads,
                       .visit = evaluate_tile,
                       .user = &sums};
    if (allocate(&sums, network, tiles)) {
        status = infer_run(&walk, error);
    } else {
        status = fail_memory(error, size_mul((size_t)dataset->samples, 2 * sizeof(int32_t)),
                             "evaluation");
    }
    if (status == NNFS_OK) {
        status = fill_evaluation(&sums, network, tiles, &made, error);
    }
    if (status == NNFS_OK) {
        *evaluation = made;
        evaluation->seconds = clock_seconds() - began;
    }
    sums_free(&sums);
    return status;
}
