/* Numbers: how the residuals of each target lie. */
#include "common/exit.h"
#include "common/predictions.h"
#include "diagnostics/diagnostics_parts.h"

#include <math.h>
#include <stdlib.h>

const double diagnostics_quantiles[DIAGNOSTICS_QUANTILES] = {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0};

nnfs_status numbers_begin(diagnostics *made, float **residuals, nnfs_error *error)
{
    size_t outputs = (size_t)made->outputs;
    if (made->samples < DIAGNOSTICS_POINTS) {
        made->points = (int)made->samples;
    } else {
        made->points = DIAGNOSTICS_POINTS;
    }
    made->targets = calloc(outputs, sizeof *made->targets);
    made->scatter = calloc(2 * outputs, (size_t)made->points * sizeof *made->scatter);
    *residuals = calloc((size_t)made->samples, outputs * sizeof **residuals);
    if (made->targets && made->scatter && *residuals) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}

/* ---- A sample ---- */

/* The mean and the sum of squares about it (Welford 1962), kept in from and
 * r2 until numbers_end. */
static void add_truth(target_scores *target, double truth, double seen)
{
    double off = truth - target->from;
    target->from += off / seen;
    target->r2 += off * (truth - target->from);
}

static void add_point(diagnostics *made, int64_t row, const float *truths, const float *predictions)
{
    int64_t index = (row * made->points + made->samples - 1) / made->samples;
    if (index >= made->points || index * made->samples / made->points != row) {
        return;
    }
    float *point = made->scatter + index * 2 * made->outputs;
    for (int i = 0; i < made->outputs; i++) {
        point[i] = truths[i];
        point[made->outputs + i] = predictions[i];
    }
}

void numbers_add(diagnostics *made, const diagnostics_block *block, float *residuals)
{
    for (int64_t i = 0; i < block->count; i++) {
        int64_t row = block->first + i;
        const float *truths = block->targets + i * made->outputs;
        const float *predictions = block->outputs + i * made->outputs;
        mistake one = {.sample = row};
        for (int t = 0; t < made->outputs; t++) {
            double residual = (double)truths[t] - (double)predictions[t];
            double learned =
                predictions_residual(made->preprocessing, t, truths[t], predictions[t]);
            one.size += learned * learned; /* as in the loss */
            made->targets[t].rmse += residual * residual;
            made->targets[t].mae += fabs(residual);
            add_truth(&made->targets[t], (double)truths[t], (double)(row + 1));
            residuals[t * made->samples + row] = (float)residual;
        }
        add_point(made, row, truths, predictions);
        mistake_add(made, one);
    }
}

/* ---- All samples ---- */

static int compare(const void *a, const void *b)
{
    float left = *(const float *)a;
    float right = *(const float *)b;
    return (left > right) - (left < right);
}

static double quantile(const float *sorted, int64_t count, double at)
{
    double place = at * (double)(count - 1);
    int64_t below = (int64_t)place;
    int64_t above = below;
    if (below + 1 < count) {
        above = below + 1;
    }
    double low = (double)sorted[below];
    return low + (place - (double)below) * ((double)sorted[above] - low);
}

static void count_residuals(target_scores *target, const float *sorted, int64_t count)
{
    double width = target->to - target->from;
    for (int64_t i = 0; i < count; i++) {
        double at = 0.5;
        if (width > 0.0) {
            at = ((double)sorted[i] - target->from) / width;
        }
        at = fmin(fmax(at * DIAGNOSTICS_COUNTS, 0.0), DIAGNOSTICS_COUNTS - 1);
        target->counts[(int)at]++;
    }
}

void numbers_end(diagnostics *made, float *residuals)
{
    double samples = (double)made->samples;
    for (int t = 0; t < made->outputs; t++) {
        target_scores *target = &made->targets[t];
        float *own = residuals + t * made->samples;
        if (target->r2 > 0.0) {
            target->r2 = 1.0 - target->rmse / target->r2;
        } else {
            target->r2 = (double)NAN;
        }
        target->rmse = sqrt(target->rmse / samples);
        target->mae /= samples;
        qsort(own, (size_t)made->samples, sizeof *own, compare);
        for (int i = 0; i < DIAGNOSTICS_QUANTILES; i++) {
            target->quantiles[i] = quantile(own, made->samples, diagnostics_quantiles[i]);
        }
        target->from = quantile(own, made->samples, 0.005);
        target->to = quantile(own, made->samples, 0.995);
        count_residuals(target, own, made->samples);
    }
}

/* What the one model makes of each label, where the numbers are labels. */
static nnfs_status measure_labels(const ensemble *of, int threads, diagnostics *made,
                                  nnfs_error *error)
{
    const nnfs_network *network = of->members[0].network;
    if (of->count > 1 || nnfs_network_loss(network) != NNFS_BINARY_CROSS_ENTROPY ||
        nnfs_dataset_labels_each(made->data) == 0) {
        return NNFS_OK;
    }
    nnfs_evaluation *each = calloc((size_t)made->outputs, sizeof *each);
    if (!each) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = nnfs_evaluate_labels(network, made->data, threads, each, error);
    for (int i = 0; status == NNFS_OK && i < made->outputs; i++) {
        made->targets[i].label = each[i];
    }
    free(each);
    return status;
}

nnfs_status numbers_look_up(const ensemble *of, int threads, diagnostics *made, nnfs_error *error)
{
    size_t outputs = (size_t)made->outputs;
    made->mistake_values =
        calloc(2 * outputs, ((size_t)made->mistake_count + 1) * sizeof *made->mistake_values);
    if (!made->mistake_values) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int i = 0; i < made->mistake_count; i++) {
        float *values = made->mistake_values + (size_t)i * 2 * outputs;
        int64_t sample = made->mistakes[i].sample;
        TRY(nnfs_dataset_copy(made->data, sample, 1, NULL, NULL, values, error));
        TRY(ensemble_predict(of, sample, 1, threads, values + outputs, error));
    }
    return measure_labels(of, threads, made, error);
}
