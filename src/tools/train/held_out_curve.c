/* Scores of held-out parts by epoch: see the header. */
#include "train/held_out_curve.h"

#include "common/exit.h"

#include <math.h>
#include <stdlib.h>

nnfs_status held_out_begin(held_out_curve *curve, int epochs, int outputs, int64_t samples,
                           nnfs_error *error)
{
    size_t count = epochs > 0 ? (size_t)epochs : 1;
    *curve = (held_out_curve){.epochs = epochs,
                              .scores = calloc(count, sizeof *curve->scores),
                              .log_temperatures = calloc(count, sizeof *curve->log_temperatures),
                              .outputs =
                                  calloc((size_t)samples * (size_t)outputs, sizeof *curve->outputs),
                              .labels = calloc((size_t)samples, sizeof *curve->labels)};
    if (!curve->scores || !curve->log_temperatures || !curve->outputs || !curve->labels) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

void held_out_free(held_out_curve *curve)
{
    free(curve->scores);
    free(curve->log_temperatures);
    free(curve->outputs);
    free(curve->labels);
    *curve = (held_out_curve){0};
}

/* ---- Classes ---- */

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
    double sum = 0.0;
    double own = factor * log_of((double)p[label]);
    for (int i = 0; i < of->outputs; i++) {
        sum += exp(factor * log_of((double)p[i]) - own);
    }
    return log(sum);
}

/* With a prior for temperatures near 1, whose logarithms have a deviation of 1/2: few samples say little. */
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

/* ---- Epochs ---- */

nnfs_status held_out_add(held_out_curve *curve, int epoch, const nnfs_network *network,
                         const nnfs_dataset *held_out, int threads, nnfs_error *error)
{
    double log_temperature = 0.0;
    double score;
    nnfs_status status;
    if (nnfs_dataset_classes(held_out) == 0) {
        nnfs_evaluation evaluation;
        status = nnfs_evaluate(network, held_out, threads, &evaluation, error);
        score = status == NNFS_OK ? evaluation.rmse : INFINITY;
    } else {
        const probabilities of = {curve->outputs, curve->labels, nnfs_dataset_samples(held_out),
                                  nnfs_network_outputs(network)};
        status =
            nnfs_predict_dataset(network, held_out, 0, of.samples, threads, curve->outputs, error);
        if (status == NNFS_OK) {
            status = nnfs_dataset_copy(held_out, 0, of.samples, NULL, curve->labels, NULL, error);
        }
        score = status == NNFS_OK ? fit_temperature(&of, &log_temperature) : INFINITY;
    }
    if (status == NNFS_OK && epoch >= 1 && epoch <= curve->epochs) {
        curve->scores[epoch - 1] += score;
        curve->log_temperatures[epoch - 1] += log_temperature;
    }
    return status;
}

int held_out_best(const held_out_curve *curve, double *temperature)
{
    int best = 0;
    for (int i = 1; i < curve->epochs; i++) {
        if (curve->scores[i] <= curve->scores[best]) {
            best = i;
        }
    }
    *temperature = exp(curve->log_temperatures[best] / (curve->networks > 0 ? curve->networks : 1));
    return best + 1;
}
