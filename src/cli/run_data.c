/* The datasets of a run: loaded, split, and checked against each other. */
#include "exit.h"
#include "paths.h"
#include "run.h"
#include "text.h"

#include <stdlib.h>

void source_free(data_source *source)
{
    nnfs_dataset_free(source->set);
    free(source->path);
    source->set = NULL;
    source->path = NULL;
}

static nnfs_status load(const char *path, const train_run *run, nnfs_dataset **train,
                        nnfs_dataset **test, nnfs_error *error)
{
    /* Drawn data keep their own seed: --seed is of the run, and nnfs-eval must find the same. */
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = run->machine.threads; /* as many as the BLAS takes */
    return nnfs_dataset_load(path, &settings, train, test, error);
}

static nnfs_status load_data(train_run *run, nnfs_error *error)
{
    nnfs_status status = data_path(run->options->data, &run->train.path, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = load(run->train.path, run, &run->train.set, &run->test.set, error);
    if (status == NNFS_OK && !run->train.set) {
        status = refuse(error, NNFS_ERROR_DATA,
                        "%s: a test set alone; there is nothing to train on", run->train.path);
    }
    return status;
}

/* The test set of `data`, or all of it where it has none. */
static nnfs_status load_other(const char *data, const train_run *run, data_source *other,
                              nnfs_error *error)
{
    nnfs_dataset *train = NULL;
    nnfs_dataset *test = NULL;
    source_free(other);
    nnfs_status status = data_path(data, &other->path, error);
    if (status != NNFS_OK) {
        return status;
    }
    status = load(other->path, run, &train, &test, error);
    other->set = test ? test : train;
    if (test) {
        nnfs_dataset_free(train);
    }
    return status;
}

static nnfs_status hold_out(train_run *run, nnfs_error *error)
{
    nnfs_dataset *all = run->train.set;
    run->train.set = NULL;
    nnfs_status status =
        nnfs_dataset_split(all, run->options->validation_share, run->options->train.seed,
                           &run->train.set, &run->validation.set, error);
    nnfs_dataset_free(all);
    return status;
}

/* Whether what the network learns from `train` can be measured on `other`. */
static nnfs_status check_fit(const data_source *train, const data_source *other, nnfs_error *error)
{
    if (!other->set || !other->path) {
        return NNFS_OK;
    }
    int features = nnfs_dataset_features(train->set);
    int classes = nnfs_dataset_classes(train->set);
    int other_features = nnfs_dataset_features(other->set);
    int other_classes = nnfs_dataset_classes(other->set);
    if (other_features != features) {
        return refuse(error, NNFS_ERROR_DATA, "%s has %d features a sample, %s has %d", other->path,
                      other_features, train->path, features);
    }
    if (nnfs_dataset_scale(other->set) != nnfs_dataset_scale(train->set)) {
        return refuse(error, NNFS_ERROR_DATA,
                      "the values of %s are multiplied by %s, those of %s by %s", other->path,
                      text_shortest(nnfs_dataset_scale(other->set)).text, train->path,
                      text_shortest(nnfs_dataset_scale(train->set)).text);
    }
    if ((classes > 0) != (other_classes > 0)) {
        return refuse(error, NNFS_ERROR_DATA, "the targets of %s are %s, those of %s are %s",
                      other->path, other_classes > 0 ? "classes" : "numbers", train->path,
                      classes > 0 ? "classes" : "numbers");
    }
    if (nnfs_dataset_outputs(other->set) > nnfs_dataset_outputs(train->set)) {
        return refuse(error, NNFS_ERROR_DATA, "%s has %d classes, %s has only %d", other->path,
                      nnfs_dataset_outputs(other->set), train->path,
                      nnfs_dataset_outputs(train->set));
    }
    return NNFS_OK;
}

static nnfs_status check_until_accuracy(const train_run *run, nnfs_error *error)
{
    if (run->options->train.until_accuracy <= 0.0) {
        return NNFS_OK;
    }
    if (nnfs_dataset_classes(run->train.set) == 0) {
        return refuse(error, NNFS_ERROR_ARGUMENT,
                      "--until-accuracy is for classes, and the targets of %s are numbers",
                      run->options->data);
    }
    if (!run->test.set) {
        return refuse(error, NNFS_ERROR_ARGUMENT,
                      "--until-accuracy needs a test set, and %s brings none; give one with --test",
                      run->options->data);
    }
    return NNFS_OK;
}

nnfs_status run_load(train_run *run, nnfs_error *error)
{
    const train_options *options = run->options;
    nnfs_status status = load_data(run, error);
    bool replaced = status == NNFS_OK && run->test.set && options->test_path;
    if (status == NNFS_OK && options->test_path) {
        status = load_other(options->test_path, run, &run->test, error);
    }
    if (status == NNFS_OK && options->validation_path) {
        status = load_other(options->validation_path, run, &run->validation, error);
    }
    if (status == NNFS_OK) {
        status = check_fit(&run->train, &run->test, error);
    }
    if (status == NNFS_OK) {
        status = check_fit(&run->train, &run->validation, error);
    }
    if (status == NNFS_OK) {
        status = check_until_accuracy(run, error);
    }
    if (status == NNFS_OK && options->validation_share > 0.0) {
        status = hold_out(run, error);
    }
    if (status == NNFS_OK && replaced && !options->quiet) {
        say("testing on %s, not on the test set of %s", options->test_path, options->data);
    }
    return status;
}
