/* Evaluation: loss and accuracy, or the errors of numbers, over a whole dataset. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "data/gather.h"
#include "training/infer.h"
#include "training/trainer.h"

#include <math.h>

/* What each tile came to, added up in tile order. */
typedef struct evaluation_sums {
    const nnfs_dataset *dataset;
    tile_record *records; /* [tiles] */
    double *absolute;     /* [tiles] sum of |p - y|; numbers only, like the next */
    double *residual;     /* [tiles x outputs] sum of (p - y)^2 of each output */
} evaluation_sums;

static void add_errors(evaluation_sums *sums, const loss_tile *outputs, int tile)
{
    double *residual = sums->residual + (size_t)tile * (size_t)outputs->rows;
    sums->absolute[tile] = 0.0;
    for (int i = 0; i < outputs->rows; i++) {
        residual[i] = 0.0;
    }
    for (int j = 0; j < outputs->columns; j++) {
        for (int i = 0; i < outputs->rows; i++) {
            size_t at = (size_t)j * (size_t)outputs->rows + (size_t)i;
            double e = (double)outputs->outputs[at] - (double)outputs->targets[at];
            sums->absolute[tile] += fabs(e);
            residual[i] += e * e;
        }
    }
}

static bool evaluate_tile(const infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                          int count)
{
    evaluation_sums *sums = walk->user;
    const nnfs_network *network = walk->network;
    const network_layer *output = network_output(network);
    bool classes = sums->dataset->parts.labels != NULL;
    gather_features(sums->dataset, NULL, first, count, thread->input);
    if (!pass_forward(&thread->pass, count)) {
        return false;
    }
    loss_tile outputs = {.z = thread->pass.z[network->layer_count - 1],
                         .outputs = thread->pass.a[network->layer_count - 1],
                         .labels = classes ? thread->labels : NULL,
                         .targets = classes ? NULL : thread->targets,
                         .scratch = thread->scratch,
                         .rows = output->out,
                         .columns = count};
    tile_record record = {0};
    if (classes) {
        gather_labels(sums->dataset, NULL, first, count, thread->labels);
    } else {
        gather_targets(sums->dataset, NULL, first, count, thread->targets);
    }
    record.loss = loss_of(network->loss)->visit(&outputs, activation_of(output->activation));
    if (classes) {
        record.correct = count_correct(outputs.outputs, outputs.labels, outputs.rows, count);
    } else {
        add_errors(sums, &outputs, tile);
    }
    sums->records[tile] = record;
    return true;
}

/* Sum over the samples of (y - mean y)^2, for output i. */
static double total_squares(const nnfs_dataset *dataset, int i)
{
    size_t outputs = (size_t)dataset->parts.target_count;
    const float *y = dataset->parts.targets + i;
    double sum = 0.0;
    for (int64_t s = 0; s < dataset->samples; s++) {
        sum += (double)y[dataset_row(dataset, s) * outputs];
    }
    double mean = sum / (double)dataset->samples;
    double squares = 0.0;
    for (int64_t s = 0; s < dataset->samples; s++) {
        double e = (double)y[dataset_row(dataset, s) * outputs] - mean;
        squares += e * e;
    }
    return squares;
}

/* RMSE, MAE and R2. Targets that never vary have no R2: NaN. */
static void fill_numbers(const evaluation_sums *sums, int64_t tiles, nnfs_evaluation *evaluation)
{
    int outputs = sums->dataset->parts.target_count;
    double terms = (double)evaluation->samples * (double)outputs;
    double absolute = 0.0;
    double squares = 0.0;
    double r2 = 0.0;
    for (int64_t t = 0; t < tiles; t++) {
        absolute += sums->absolute[t];
    }
    for (int i = 0; i < outputs; i++) {
        double residual = 0.0;
        for (int64_t t = 0; t < tiles; t++) {
            residual += sums->residual[t * outputs + i];
        }
        double total = total_squares(sums->dataset, i);
        squares += residual;
        r2 += total > 0.0 ? 1.0 - residual / total : (double)NAN;
    }
    evaluation->mae = absolute / terms;
    evaluation->rmse = sqrt(squares / terms);
    evaluation->r2 = r2 / outputs;
}

static void fill_evaluation(const evaluation_sums *sums, const nnfs_network *network, int64_t tiles,
                            nnfs_evaluation *evaluation)
{
    int64_t samples = sums->dataset->samples;
    double loss_sum = 0.0;
    int64_t correct = 0;
    for (int64_t t = 0; t < tiles; t++) {
        loss_sum += sums->records[t].loss;
        correct += sums->records[t].correct;
    }
    *evaluation = EVALUATION_NONE;
    evaluation->samples = samples;
    evaluation->loss = loss_sum / network_loss_terms(network, samples);
    if (sums->dataset->parts.labels) {
        evaluation->accuracy = (double)correct / (double)samples;
    } else {
        fill_numbers(sums, tiles, evaluation);
    }
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
    size_t errors =
        dataset->parts.labels ? 0 : size_mul(tiles, (size_t)dataset->parts.target_count);
    evaluation_sums sums = {.dataset = dataset,
                            .records = memory_alloc(tiles, sizeof *sums.records),
                            .absolute = memory_alloc(tiles, sizeof *sums.absolute),
                            .residual = memory_alloc(errors, sizeof *sums.residual)};
    infer_walk walk = {.network = network,
                       .gemm = gemm_default(),
                       .samples = dataset->samples,
                       .threads = threads,
                       .visit = evaluate_tile,
                       .user = &sums};
    status = sums.records && sums.absolute && sums.residual
                 ? infer_run(&walk, error)
                 : fail_memory(error, size_mul(tiles, sizeof *sums.records), "evaluation");
    if (status == NNFS_OK) {
        fill_evaluation(&sums, network, (int64_t)tiles, evaluation);
        evaluation->seconds = clock_seconds() - began;
    }
    memory_free(sums.records);
    memory_free(sums.absolute);
    memory_free(sums.residual);
    return status;
}
