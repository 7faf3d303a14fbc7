/*
 * Cross-validation: for each fold a preprocessing and a network of its own, which never see the
 * part they are measured on.
 */
#include "common/exit.h"
#include "common/lines.h"
#include "train/run.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- One fold ---- */

typedef struct fold_run {
    nnfs_dataset *train, *validation, *held_out;
    nnfs_preprocessing *preprocessing;
    nnfs_network *network;
} fold_run;

static void fold_free(fold_run *fold)
{
    nnfs_network_free(fold->network);
    nnfs_preprocessing_free(fold->preprocessing);
    nnfs_dataset_free(fold->train);
    nnfs_dataset_free(fold->validation);
    nnfs_dataset_free(fold->held_out);
}

static int on_progress(void *user, const nnfs_progress *now)
{
    progress_step(user, now);
    return signal_caught();
}

static int on_epoch(void *user, const nnfs_epoch *epoch)
{
    progress_epoch(user, epoch);
    return signal_caught();
}

/* A fold has validation data of its own, out of the part it is trained on. */
static nnfs_status hold_out(const train_options *options, nnfs_dataset **train,
                            nnfs_dataset **validation, nnfs_error *error)
{
    nnfs_dataset *all = *train;
    *train = NULL;
    nnfs_status status = nnfs_dataset_split(all, options->validation_share, options->train.seed,
                                            train, validation, error);
    nnfs_dataset_free(all);
    return status;
}

static nnfs_status build(const train_run *run, int index, fold_run *fold, nnfs_error *error)
{
    const train_options *options = run->options;
    TRY(nnfs_dataset_fold(run->train.set, options->folds, index, options->train.seed, &fold->train,
                          &fold->held_out, error));
    if (options->validation_share > 0.0) {
        TRY(hold_out(options, &fold->train, &fold->validation, error));
    }
    if (run->preprocessing) {
        TRY(fit_and_prepare(run, fold->train, fold->held_out, &fold->preprocessing, error));
    }
    if (run->preprocessing && fold->validation) {
        TRY(nnfs_dataset_prepare(fold->validation, fold->preprocessing, error));
    }
    return make_network(run, fold->train, run->options->train.seed, &fold->network, error);
}

/* The held-out part is looked at once, when all is done: a schedule must not go by it. */
static nnfs_status train(train_run *run, int index, const fold_run *fold, nnfs_summary *summary,
                         nnfs_error *error)
{
    nnfs_train_settings settings = run->options->train;
    settings.threads = run->machine.threads;
    settings.on_progress = on_progress;
    settings.on_epoch = on_epoch;
    settings.user = &run->progress;
    progress_plan plan = {.epochs = settings.epochs,
                          .samples = nnfs_dataset_samples(fold->train),
                          .what = "fold",
                          .fold = index + 1,
                          .folds = run->options->folds,
                          .others = run->options->folds - index, /* and the network of the run */
                          .flops = nnfs_network_flops_step(fold->network),
                          .threads = settings.threads,
                          .quiet = run->options->quiet};
    progress_begin(&run->progress, &plan);
    nnfs_status status =
        nnfs_train(fold->network, fold->train, fold->validation, NULL, &settings, summary, error);
    progress_clear(&run->progress);
    if (status == NNFS_OK) {
        status = nnfs_evaluate(fold->network, fold->held_out, settings.threads,
                               &summary->validation, error);
    }
    return status;
}

static void show(const train_run *run, int index, const nnfs_evaluation *scores, nnfs_loss loss)
{
    if (run->options->quiet) {
        return;
    }
    line_print(stderr, "fold %d/%d ", index + 1, run->options->folds);
    metrics_write(stderr, scores, loss);
    line_print(stderr, " (%s held out)\n", text_count(scores->samples).text);
}

static nnfs_status run_fold(train_run *run, int index, nnfs_error *error)
{
    fold_run fold = {.network = NULL};
    nnfs_summary summary = {.epochs = 0};
    nnfs_status status = build(run, index, &fold, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(train(run, index, &fold, &summary, error));
    run->folds.scores[run->folds.count++] = summary.validation;
    show(run, index, &summary.validation, nnfs_network_loss(fold.network));
    log_fold(run, index + 1, &summary);
cleanup:
    fold_free(&fold);
    return status;
}

nnfs_status run_folds(train_run *run, nnfs_error *error)
{
    int folds = run->options->folds;
    run->folds.scores = calloc((size_t)folds, sizeof *run->folds.scores);
    if (!run->folds.scores) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int i = 0; i < folds; i++) {
        TRY(run_fold(run, i, error));
    }
    return NNFS_OK;
}
