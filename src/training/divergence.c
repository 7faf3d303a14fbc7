/* The sentence to say when a run diverges: where, what, and what to try. */
#include "training/divergence.h"

#include "optim/train_settings.h"

#include <math.h>
#include <stdio.h>

/* The first value of a [rows x columns] matrix that is not finite, or -1. */
static int64_t find_not_finite(const float *values, int rows, int columns)
{
    int64_t count = (int64_t)rows * columns;
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return i;
        }
    }
    return -1;
}

/*
 * Which sample stands in a column of the chunk that diverged; of a part of a dataset, its place in the
 * whole: the one that its owner knows.
 */
static long long sample_of(const step_run *run, int64_t column)
{
    int64_t at = run->bad_first + column;
    return (long long)dataset_row(run->dataset, run->order ? run->order[at] : at);
}

/* What to try, after where and what. Before the first update no learning rate is to blame. */
static nnfs_status fail_with_advice(const step_run *run, const char *what, nnfs_error *error)
{
    const nnfs_trainer *trainer = run->trainer;
    if (trainer->steps == 0) {
        return fail(
            error, NNFS_ERROR_DIVERGED,
            "%s with the weights as they were initially; try smaller ones, or look at the data",
            what);
    }
    double rate = (double)trainer->settings.learning_rate;
    double standard = (double)train_settings_default_rate(trainer->settings.optimizer);
    return fail(error, NNFS_ERROR_DIVERGED, "%s; try a learning rate of %g or less", what,
                rate > standard ? standard : rate / 10.0);
}

/* A value among the inputs or targets that is not finite: which, and in which sample. */
static nnfs_status fail_bad_value(const step_run *run, const char *where, const char *what,
                                  int64_t at, int rows, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DIVERGED, "%s: %s %lld of sample %lld is not finite", where, what,
                (long long)(at % rows), sample_of(run, at / rows));
}

/* The chunk's buffers still hold what was computed: says where it first stopped being finite. */
nnfs_status fail_diverged(const step_run *run, nnfs_error *error)
{
    const nnfs_trainer *trainer = run->trainer;
    const nnfs_network *network = trainer->network;
    int outputs = network_output(network)->out;
    char where[64];
    char what[128];
    (void)snprintf(where, sizeof where, "epoch %d, batch %lld", trainer->epochs + 1,
                   (long long)(run->steps + 1));
    int64_t bad = find_not_finite(trainer->input, network->inputs, run->bad_count);
    if (bad >= 0) {
        return fail_bad_value(run, where, "feature", bad, network->inputs, error);
    }
    bad = run->dataset->parts.targets ? find_not_finite(trainer->targets, outputs, run->bad_count)
                                      : -1;
    if (bad >= 0) {
        return fail_bad_value(run, where, "target", bad, outputs, error);
    }
    if (run->bad_layer >= 0) {
        (void)snprintf(what, sizeof what, "%s: the gradient of layer %d is not finite", where,
                       run->bad_layer + 1);
        return fail_with_advice(run, what, error);
    }
    int layer = 0;
    while (layer + 1 < network->layer_count &&
           find_not_finite(trainer->pass.a[layer], network->layers[layer].out, run->bad_count) <
               0) {
        layer++;
    }
    (void)snprintf(what, sizeof what, "%s: the loss is not finite, beginning in layer %d", where,
                   layer + 1);
    return fail_with_advice(run, what, error);
}
