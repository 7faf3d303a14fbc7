/*
 * The data of all runs. They are loaded and prepared once, unless the runs differ in what decides
 * how they are split or prepared: the seed, where a part is held out, and of a table whether its
 * targets are scaled. Then nnfs-train would make other parts too.
 */
#include "common/exit.h"
#include "train/presets.h"
#include "tune/tune.h"

#include <stdlib.h>

/* Whether the data of a run are also those that a trial would make. */
static bool fits(const train_run *data, tune_trial *trial)
{
    train_run as_trial = *data;
    as_trial.options = &trial->options;
    bool held_out = data->test_share > 0.0 || data->options->validation_share > 0.0;
    bool same_parts = !held_out || data->options->train.seed == trial->options.train.seed;
    bool scaled = run_output(data) == NNFS_IDENTITY;
    bool scaled_too = run_output(&as_trial) == NNFS_IDENTITY;
    return same_parts && (!data->preprocessing || scaled == scaled_too);
}

static int find_data(const tuning *tune, tune_trial *trial)
{
    int i = 0;
    while (i < tune->data_count && !fits(&tune->data[i], trial)) {
        i++;
    }
    return i;
}

static nnfs_status load(tuning *tune, tune_trial *trial, nnfs_error *error)
{
    size_t count = (size_t)tune->data_count + 1;
    train_run *data = realloc(tune->data, count * sizeof *data);
    if (!data) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    tune->data = data;
    data += tune->data_count++;
    /* What is in a table is told once. */
    trial->options.quiet = tune->options->quiet || tune->data_count > 1;
    *data = (train_run){.options = &trial->options, .machine = tune->machine, .log_bytes = -1};
    return run_prepare(data, error);
}

/* A network that cannot be is refused before the first run. */
static nnfs_status try_network(const tuning *tune, tune_trial *trial, nnfs_error *error)
{
    nnfs_network *network = NULL;
    train_run run = tune->data[trial->data];
    run.options = &trial->options;
    preset_fit(&trial->options, run.train.set);
    nnfs_status status =
        make_network(&run, run.train.set, run.options->train.seed, &network, error);
    nnfs_network_free(network);
    return status;
}

bool tune_validates(const tuning *tune)
{
    return tune->options->folds > 0 || tune->data[0].validation.set;
}

static bool has_classes(const train_run *data)
{
    return nnfs_dataset_classes(data->train.set) > 0;
}

double tune_error(const tuning *tune, double rmse, double pinball)
{
    return tune->judge.pinball ? pinball : rmse;
}

/* Whether all runs predict the same quantile, which a squared error does not judge. */
static bool predicts_quantile(const tuning *tune)
{
    const train_options *first = &tune->trials[0].options;
    for (int i = 0; i < tune->count; i++) {
        const train_options *options = &tune->trials[i].options;
        if (options->loss != (int)NNFS_QUANTILE ||
            options->network.quantile != first->network.quantile) {
            return false;
        }
    }
    return true;
}

#define FIELD(name) offsetof(tune_point, name)

/* The best is that of the validation data; else in training. Test data never decide. */
static tune_judge choose_judge(const tuning *tune)
{
    const train_run *data = &tune->data[0];
    static const tune_judge of_classes[] = {
        {"validation accuracy", FIELD(validation_accuracy), true, "RMSE", false},
        {"training accuracy", FIELD(accuracy), true, "RMSE", false},
    };
    static const tune_judge of_numbers[] = {
        {"validation RMSE", FIELD(validation_rmse), false, "RMSE", false},
        {"training loss", FIELD(loss), false, "RMSE", false},
    };
    static const tune_judge of_quantiles[] = {
        {"validation pinball loss", FIELD(validation_pinball), false, "pinball loss", true},
        {"training loss", FIELD(loss), false, "pinball loss", true},
    };
    int part = tune_validates(tune) ? 0 : 1;
    if (has_classes(data) || trains_labels(data->options, data->train.set)) {
        return of_classes[part];
    }
    return predicts_quantile(tune) ? of_quantiles[part] : of_numbers[part];
}

nnfs_status tune_load(tuning *tune, nnfs_error *error)
{
    for (int i = 0; i < tune->count; i++) {
        tune_trial *trial = &tune->trials[i];
        trial->data = find_data(tune, trial);
        if (trial->data == tune->data_count) {
            TRY(load(tune, trial, error));
        }
        TRY(try_network(tune, trial, error));
    }
    tune->judge = choose_judge(tune);
    return NNFS_OK;
}

void tune_data_free(tuning *tune)
{
    for (int i = 0; i < tune->data_count; i++) {
        nnfs_preprocessing_free(tune->data[i].preprocessing);
        source_free(&tune->data[i].train);
        source_free(&tune->data[i].validation);
        source_free(&tune->data[i].test);
    }
    free(tune->data);
}
