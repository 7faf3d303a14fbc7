/* Scores of held-out data: see the header. */
#include "train/held_out_score.h"

#include "common/exit.h"

#include <math.h>
#include <stdlib.h>

/* Probabilities of labelled samples, of one output or one a class. */
typedef struct probabilities {
    const float *values;
    const int32_t *labels;
    int64_t samples;
    int outputs;
} probabilities;

static const double least_probability = 1e-12;

static double log_of(double p)
{
    return log(p > least_probability ? p : least_probability);
}

/* -log of the probability of the label, in proportion to p^(1 / T). */
static double sample_loss(const probabilities *of, int64_t sample, double factor)
{
    const float *p = of->values + sample * of->outputs;
    int label = of->labels[sample];
    if (of->outputs == 1) {
        double logit = log_of((double)p[0]) - log_of(1.0 - (double)p[0]);
        return log1p(exp((label == 1 ? -factor : factor) * logit));
    }
    double others = 0.0; /* in proportion to the label's own */
    double own = factor * log_of((double)p[label]);
    for (int i = 0; i < of->outputs; i++) {
        if (i != label) {
            others += exp(factor * log_of((double)p[i]) - own);
        }
    }
    return log1p(others);
}

/* With a prior for temperatures near 1, whose logarithms have a deviation of 1/2: few
 * samples say little. */
static double penalized_loss(const probabilities *of, double log_temperature)
{
    double factor = exp(-log_temperature);
    double sum = 2.0 * log_temperature * log_temperature;
    for (int64_t i = 0; i < of->samples; i++) {
        sum += sample_loss(of, i, factor);
    }
    return sum / (double)of->samples;
}

/* Golden-section search between 1/4 and 4. */
static double fit_temperature(const probabilities *of, double *log_temperature)
{
    const double golden = 0.6180339887498949;
    double low = -1.3862943611198906;
    double high = 1.3862943611198906;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double left_loss = penalized_loss(of, left);
    double right_loss = penalized_loss(of, right);
    while (high - low > 0.02) {
        if (left_loss <= right_loss) {
            high = right;
            right = left;
            right_loss = left_loss;
            left = high - golden * (high - low);
            left_loss = penalized_loss(of, left);
        } else {
            low = left;
            left = right;
            left_loss = right_loss;
            right = low + golden * (high - low);
            right_loss = penalized_loss(of, right);
        }
    }
    *log_temperature = left_loss <= right_loss ? left : right;
    return fmin(left_loss, right_loss);
}

static nnfs_status score_classes(const nnfs_network *network, const nnfs_dataset *held_out,
                                 int threads, double *score, double *log_temperature,
                                 nnfs_error *error)
{
    int64_t samples = nnfs_dataset_samples(held_out);
    int outputs = nnfs_network_outputs(network);
    float *values = calloc((size_t)samples * (size_t)outputs, sizeof *values);
    int32_t *labels = calloc((size_t)samples, sizeof *labels);
    nnfs_status status;
    if (!values || !labels) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto cleanup;
    }
    status = nnfs_predict_dataset(network, held_out, 0, samples, threads, values, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    status = nnfs_dataset_copy(held_out, 0, samples, NULL, labels, NULL, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    const probabilities of = {values, labels, samples, outputs};
    *score = fit_temperature(&of, log_temperature);
cleanup:
    free(values);
    free(labels);
    return status;
}

nnfs_status held_out_score(const nnfs_network *network, const nnfs_dataset *held_out, int threads,
                           double *score, double *log_temperature, nnfs_error *error)
{
    *log_temperature = 0.0;
    if (nnfs_dataset_classes(held_out) > 0) {
        return score_classes(network, held_out, threads, score, log_temperature, error);
    }
    nnfs_evaluation evaluation = {.rmse = INFINITY};
    nnfs_status status = nnfs_evaluate(network, held_out, threads, &evaluation, error);
    *score = evaluation.loss;
    if (!isnan(evaluation.pinball)) {
        *score = evaluation.pinball;
    } else if (!isnan(evaluation.rmse)) {
        *score = evaluation.rmse;
    }
    return status;
}
