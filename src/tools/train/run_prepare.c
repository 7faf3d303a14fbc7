/* From DATA to what a network can be trained on: split first, then fitted to the
 * training part alone. */
#include "common/exit.h"
#include "common/text.h"
#include "train/class_weights.h"
#include "train/presets.h"
#include "train/run.h"

#include <stdlib.h>

nnfs_status fit_and_prepare(const train_run *run, nnfs_dataset *train, nnfs_dataset *other,
                            nnfs_preprocessing **preprocessing, nnfs_error *error)
{
    nnfs_preprocessing_settings settings = run->options->table.preprocessing;
    settings.threads = run->machine.threads;
    /* Only an identity can reach numbers of mean 0: another output has their range for a reason. */
    settings.scale_targets = run_output(run) == NNFS_IDENTITY;
    if (settings.log_targets && (nnfs_dataset_classes(train) > 0 || !settings.scale_targets)) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "--log-target is for numbers and an output activation of identity");
    }
    TRY(nnfs_preprocessing_fit(train, &settings, preprocessing, error));
    TRY(nnfs_dataset_prepare(train, *preprocessing, error));
    if (other) {
        return nnfs_dataset_prepare(other, *preprocessing, error);
    }
    return NNFS_OK;
}

nnfs_status run_prepare_table(train_run *run, nnfs_error *error)
{
    nnfs_error found = {.status = NNFS_OK};
    nnfs_preprocessing_free(run->preprocessing);
    run->preprocessing = NULL;
    nnfs_status status =
        fit_and_prepare(run, run->train.set, run->test.set, &run->preprocessing, &found);
    if (status != NNFS_OK) { /* which knows nothing of files */
        return set_error(error, status, "%.200s: %.300s", run->train.path, found.message);
    }
    if (run->validation.set) {
        return nnfs_dataset_prepare(run->validation.set, run->preprocessing, error);
    }
    return NNFS_OK;
}

static nnfs_status check_folds(const train_run *run, nnfs_error *error)
{
    int64_t samples = nnfs_dataset_samples(run->train.set);
    if (run->options->folds <= samples) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_ARGUMENT, "--folds: %d parts of only %lld sample%s",
                     run->options->folds, (long long)samples, text_plural(samples));
}

/* Tries the augmentations on the first sample: what is wrong with them is said before
 * the work starts. */
static nnfs_status check_augment(const train_run *run, nnfs_error *error)
{
    const nnfs_train_settings *settings = &run->options->train;
    if (!settings->augment[0]) {
        return NNFS_OK;
    }
    float *sample = calloc((size_t)nnfs_dataset_features(run->train.set), sizeof *sample);
    if (!sample) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = nnfs_dataset_augmented_sample(run->train.set, settings->augment,
                                                       settings->seed, 0, 0, sample, error);
    free(sample);
    return status;
}

nnfs_status run_prepare(train_run *run, nnfs_error *error)
{
    train_options *options = run->options;
    TRY(from_load_model(run, error));
    TRY(run_load(run, error));
    TRY(check_folds(run, error));
    if (nnfs_dataset_columns(run->train.set) > 0 && !run->schema) {
        preset_fit_columns(options, run->train.set);
        TRY(run_prepare_table(run, error));
    }
    preset_fit(options, run->train.set);
    if (options->from) {
        TRY(from_check(run, error));
    }
    TRY(check_augment(run, error));
    TRY(run_load_others(run, error));
    if (options->class_weight) {
        TRY(class_weights_apply(options->class_weight, run->train.set, error));
    }
    if (!options->quiet && !run->checkpoint) {
        preset_say(options);
    }
    if (run->preprocessing && !options->quiet && !run->checkpoint) {
        return look(run, error);
    }
    return NNFS_OK;
}
