/* The datasets of a run: loaded, split, and checked against each other. */
#include "common/exit.h"
#include "common/model_data.h"
#include "common/ranks.h"
#include "common/text.h"
#include "train/run.h"
#include "train/table_load.h"

#include <stdlib.h>
#include <string.h>

void source_free(data_source *source)
{
    nnfs_dataset_free(source->set);
    plain_table_free(&source->plain);
    free(source->path);
    *source = (data_source){.path = NULL};
}

/* ---- DATA ---- */

/* As the model of --from takes them. */
static nnfs_status load_like(train_run *run, nnfs_error *error)
{
    const table_options *options = &run->options->table;
    if (!is_table_data(options, run->train.path)) {
        return set_error(error, NNFS_ERROR_DATA, "%s was trained on a table, and %s is none",
                         run->options->from, run->train.path);
    }
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = run->machine.threads;
    settings.targets_path = options->targets_path;
    settings.like = run->schema;
    table_options_apply_format(options, &settings);
    TRY(nnfs_dataset_load(run->train.path, &settings, &run->train.set, &run->test.set, error));
    if (!nnfs_dataset_has_targets(run->train.set)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no targets: nothing to learn from",
                         run->train.path);
    }
    if (!run->options->quiet) {
        model_data_describe(run->train.set);
    }
    return NNFS_OK;
}

/* Whether the data are a table, and the model of --from, an import, takes its numbers. */
static bool takes_numbers(const train_run *run, const char *path)
{
    return run->options->from && !run->schema && is_table_data(&run->options->table, path) &&
           !nnfs_network_note(run->network, "preprocessing"); /* as of pixels */
}

/* A table as that model takes it: its numbers as they are, with the targets behind them. */
static nnfs_status load_numbers(const train_run *run, const char *targets, data_source *source,
                                nnfs_error *error)
{
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = run->machine.threads;
    settings.targets_path = targets;
    table_options_apply_format(&run->options->table, &settings);
    TRY(plain_table_load(source->path, &settings, run->network, &source->plain, error));
    source->set = source->plain.dataset;
    source->plain.dataset = NULL;
    if (!source->plain.has_targets) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no targets: nothing to learn from",
                         source->path);
    }
    return NNFS_OK;
}

static nnfs_status check_targets(const data_source *data, nnfs_error *error)
{
    nnfs_error why;
    nnfs_status status = nnfs_dataset_check_targets(data->set, &why);
    if (status != NNFS_OK) {
        return set_error(error, status, "%s: %s", data->path, why.message);
    }
    return NNFS_OK;
}

static nnfs_status set_shape(const train_run *run, const char *path, nnfs_dataset *data,
                             nnfs_error *error)
{
    if (run->options->shape.height == 0 || !data) {
        return NNFS_OK;
    }
    nnfs_error why;
    nnfs_status status = nnfs_dataset_set_image_layout(data, run->options->shape, &why);
    if (status != NNFS_OK) {
        return set_error(error, status, "--shape: %.200s: %.300s", path, why.message);
    }
    return NNFS_OK;
}

static nnfs_status load_data(train_run *run, nnfs_error *error)
{
    /* Drawn data keep their own seed: --seed is of the run, and nnfs-eval must find the same. */
    const char *known = run->options->data_path;
    nnfs_status status = NNFS_OK;
    if (!known) {
        status = ranks_data_path(run->options->data, &run->train.path, error);
    } else if (!(run->train.path = strdup(known))) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    TRY(nnfs_communicator_agree(run->options->table.communicator, status, error));
    if (run->schema) {
        TRY(load_like(run, error));
    } else if (takes_numbers(run, run->train.path)) {
        TRY(load_numbers(run, run->options->table.targets_path, &run->train, error));
    } else {
        TRY(table_load(run->train.path, &run->options->table,
                       run->machine.threads, /* as many as the BLAS takes */
                       &run->train.set, &run->test.set, error));
    }
    if (!run->train.set) {
        return set_error(error, NNFS_ERROR_DATA,
                         "%s: a test set alone; there is nothing to train on", run->train.path);
    }
    TRY(set_shape(run, run->train.path, run->train.set, error));
    TRY(set_shape(run, run->train.path, run->test.set, error));
    if (run->options->from) {
        return NNFS_OK; /* new data for a model may be of one class */
    }
    return check_targets(&run->train, error);
}

/* Which share of the training data to test on, now that it is known what DATA brings. */
static double choose_test_share(const train_run *run)
{
    const train_options *options = run->options;
    bool by_default = options->test_share == BY_DATA && !run->test.set &&
                      (nnfs_dataset_columns(run->train.set) > 0 || run->train.plain.features) &&
                      nnfs_dataset_samples(run->train.set) > 1;
    if (options->test_share != BY_DATA) {
        return options->test_share;
    }
    if (by_default) {
        return DEFAULT_TEST_SHARE;
    }
    return 0.0;
}

/* Moves a share of the training data to *part, which is empty. */
static nnfs_status hold_out(train_run *run, double share, nnfs_dataset **part, nnfs_error *error)
{
    nnfs_dataset *all = run->train.set;
    if (share <= 0.0) {
        return NNFS_OK;
    }
    run->train.set = NULL;
    nnfs_status status =
        nnfs_dataset_split(all, share, run->options->train.seed, &run->train.set, part, error);
    nnfs_dataset_free(all);
    return status;
}

static nnfs_status check_until_accuracy(const train_run *run, nnfs_error *error)
{
    if (run->options->train.until_accuracy <= 0.0) {
        return NNFS_OK;
    }
    if (nnfs_dataset_classes(run->train.set) == 0) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "--until-accuracy is for classes, and the targets of %s are numbers",
                         run->options->data);
    }
    bool validates = run->options->validation_path || run->options->validation_share > 0.0;
    if (!validates && !run->test.set && !run->options->test_path && run->test_share <= 0.0) {
        return set_error(
            error, NNFS_ERROR_ARGUMENT,
            "--until-accuracy needs validation or test data, and %s brings none; give some with "
            "--validation or --test",
            run->options->data);
    }
    return NNFS_OK;
}

nnfs_status run_load(train_run *run, nnfs_error *error)
{
    const train_options *options = run->options;
    TRY(load_data(run, error));
    run->test_share = choose_test_share(run);
    run->replaced_test = run->test.set && options->test_share != BY_DATA;
    if (run->replaced_test) {
        nnfs_dataset_free(run->test.set);
        run->test.set = NULL;
    }
    TRY(check_until_accuracy(run, error));
    TRY(hold_out(run, run->test_share, &run->test.set, error));
    if (!options->ensemble) {
        return hold_out(run, options->validation_share, &run->validation.set, error);
    }
    return NNFS_OK;
}

/* ---- Parts with a path of their own ---- */

/* The test set of `data`, or all of it where it has none. */
static nnfs_status load_other(const char *data, const char *targets, const train_run *run,
                              data_source *other, nnfs_error *error)
{
    nnfs_dataset *train = NULL;
    nnfs_dataset *test = NULL;
    nnfs_dataset_settings settings;
    nnfs_dataset_settings_init(&settings);
    settings.threads = run->machine.threads;
    table_options_apply_format(&run->options->table, &settings);
    settings.targets_path = targets;
    if (run->schema) {
        settings.like = run->schema;
    } else {
        settings.like = run->preprocessing;
    }
    nnfs_status status = ranks_data_path(data, &other->path, error);
    status = nnfs_communicator_agree(run->options->table.communicator, status, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (takes_numbers(run, other->path)) {
        return load_numbers(run, targets, other, error);
    }
    status = nnfs_dataset_load(other->path, &settings, &train, &test, error);
    if (test) {
        other->set = test;
    } else {
        other->set = train;
    }
    if (test) {
        nnfs_dataset_free(train);
    }
    if (status != NNFS_OK) {
        return status;
    }
    return set_shape(run, other->path, other->set, error);
}

static nnfs_status check_kind(const data_source *train, const data_source *other, nnfs_error *error)
{
    bool table = nnfs_dataset_columns(train->set) > 0;
    bool other_table = nnfs_dataset_columns(other->set) > 0;
    if (table != other_table) {
        return set_error(error, NNFS_ERROR_DATA, "%s is a table, %s is none",
                         table ? train->path : other->path, table ? other->path : train->path);
    }
    if (!nnfs_dataset_has_targets(other->set)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has no targets: nothing to measure with",
                         other->path);
    }
    return NNFS_OK;
}

/* Whether what the network learns from `train` can be measured on `other`. */
static nnfs_status check_fit(const data_source *train, const data_source *other, nnfs_error *error)
{
    int features = nnfs_dataset_features(train->set);
    int classes = nnfs_dataset_classes(train->set);
    int other_features = nnfs_dataset_features(other->set);
    int other_classes = nnfs_dataset_classes(other->set);
    if (other_features != features) {
        return set_error(error, NNFS_ERROR_DATA, "%s has %d features a sample, %s has %d",
                         other->path, other_features, train->path, features);
    }
    if (nnfs_dataset_scale(other->set) != nnfs_dataset_scale(train->set)) {
        return set_error(error, NNFS_ERROR_DATA,
                         "the values of %s are multiplied by %s, those of %s by %s", other->path,
                         text_shortest(nnfs_dataset_scale(other->set)).text, train->path,
                         text_shortest(nnfs_dataset_scale(train->set)).text);
    }
    if ((classes > 0) != (other_classes > 0)) {
        return set_error(error, NNFS_ERROR_DATA, "the targets of %s are %s, those of %s are %s",
                         other->path, other_classes > 0 ? "classes" : "numbers", train->path,
                         classes > 0 ? "classes" : "numbers");
    }
    if (nnfs_dataset_outputs(other->set) > nnfs_dataset_outputs(train->set)) {
        return set_error(error, NNFS_ERROR_DATA, "%s has %d classes, %s has only %d", other->path,
                         nnfs_dataset_outputs(other->set), train->path,
                         nnfs_dataset_outputs(train->set));
    }
    return NNFS_OK;
}

/* The test set that DATA brings is not looked at: the run says so. */
static void say_replaced(const train_run *run)
{
    const train_options *options = run->options;
    if (!run->replaced_test || options->quiet) {
        return;
    }
    if (options->test_path) {
        cli_message("testing on %s, not on the test set of %s", options->test_path, options->data);
    } else if (run->test_share > 0.0) {
        cli_message("testing on %s of the training data, not on the test set of %s",
                    text_percent(run->test_share).text, options->data);
    } else {
        cli_message("not testing, although %s has a test set", options->data);
    }
}

nnfs_status run_load_others(train_run *run, nnfs_error *error)
{
    const train_options *options = run->options;
    const struct {
        const char *path, *targets;
        data_source *source;
    } others[] = {
        {options->test_path, options->test_targets, &run->test},
        {options->validation_path, options->validation_targets, &run->validation},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!others[i].path) {
            continue;
        }
        TRY(load_other(others[i].path, others[i].targets, run, others[i].source, error));
        TRY(check_kind(&run->train, others[i].source, error));
        TRY(check_fit(&run->train, others[i].source, error));
    }
    say_replaced(run);
    return NNFS_OK;
}
