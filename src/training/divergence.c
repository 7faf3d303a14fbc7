/* The sentence to say when a run diverges: where, what, and what to try. */
#include "training/divergence.h"

#include "data/batch.h"
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
 * Which sample stands in a column of the chunk that diverged; of a part of a dataset, its place in
 * the whole: the one that its owner knows.
 */
static long long sample_of(const step_run *run, int64_t column)
{
    int64_t at = run->bad_first + column;
    return (long long)dataset_row(run->dataset, run->order ? run->order[at] : at);
}

/* What to try, after where and what. Before the first update a learning rate is to blame only if it
 * is large and the update, not the loss, went wrong. */
static nnfs_status fail_with_advice(const nnfs_trainer *trainer, bool updated, const char *what,
                                    nnfs_error *error)
{
    double rate = (double)trainer->settings.learning_rate;
    double standard = (double)train_settings_default_rate(trainer->settings.optimizer);
    if (trainer->steps == 0 && (!updated || rate <= standard)) {
        return fail(
            error, NNFS_ERROR_DIVERGED,
            "%s with the weights as they were initially; try smaller ones, or look at the data",
            what);
    }
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

/*
 * The first op of the forward pass whose results in the workspace, of the chunk that diverged, are
 * not finite: its layer, or the last layer.
 */
static int find_bad_layer(const step_run *run)
{
    const program *p = run->program;
    const shard_work *work = &run->work->shards[run->bad_shard];
    int last = run->network->layer_count - 1;
    for (int i = 0; i < p->op_count; i++) {
        const program_op *op = &p->ops[i];
        bool forward = op->needs == RUN_FORWARD && op->out.space == SPACE_WORK;
        if (forward && op->layer >= 0 &&
            find_not_finite(work->work + op->out.offset, op->out.rows, run->bad_count) >= 0) {
            return op->layer;
        }
    }
    return last;
}

/* The chunk's buffers still hold what was computed: says where it first stopped being finite. */
nnfs_status fail_diverged(const nnfs_trainer *trainer, const step_run *run, nnfs_error *error)
{
    const nnfs_network *network = trainer->network;
    const shard_work *work = &run->work->shards[run->bad_shard];
    int outputs = network_output(network)->out;
    char where[64];
    char what[160];
    (void)snprintf(where, sizeof where, "epoch %d, batch %lld", trainer->epochs + 1,
                   (long long)(run->sums.steps + 1));
    int64_t bad = find_not_finite(work->x, network->inputs, run->bad_count);
    if (bad >= 0) {
        return fail_bad_value(run, where, "feature", bad, network->inputs, error);
    }
    bool numbers = dataset_has_targets(run->dataset) && run->needs & RUN_LOSS;
    bad = numbers ? find_not_finite(work->state.targets, outputs, run->bad_count) : -1;
    if (bad >= 0) {
        return fail_bad_value(run, where, "target", bad, outputs, error);
    }
    if (run->bad_layer >= 0) {
        (void)snprintf(what, sizeof what,
                       "%s: the update of layer %d, with a learning rate of %g, is not finite",
                       where, run->bad_layer + 1, (double)trainer->settings.learning_rate);
    } else {
        (void)snprintf(what, sizeof what, "%s: the loss is not finite, beginning in layer %d",
                       where, find_bad_layer(run) + 1);
    }
    return fail_with_advice(trainer, run->bad_layer >= 0, what, error);
}
