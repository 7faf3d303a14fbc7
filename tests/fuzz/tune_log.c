/*
 * The log of nnfs-tune, as the same command goes on with it: what is read is of runs that have
 * ended, and what is then written behind it is read the next time as well.
 */
#include "fuzz.h"
#include "tune/tune.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two runs, of a set of three samples; its log begins with "mnist --lr 0.5,0.25" and
 * its data's hash. */
static char words[][16] = {"nnfs-tune", "mnist", "--lr", "0.5,0.25"};

static const nnfs_dataset *data_of_runs(void)
{
    static const float features[] = {0.0f, 1.0f, 2.0f};
    static const int32_t labels[] = {0, 1, 0};
    static nnfs_dataset *dataset;
    const nnfs_arrays arrays = {
        .features = features, .feature_count = 1, .samples = 3, .labels = labels, .classes = 2};
    if (!dataset) {
        fuzz_check(nnfs_dataset_wrap(&arrays, &dataset, NULL) == NNFS_OK);
    }
    return dataset;
}

static tune_options *options_of_runs(void)
{
    static tune_options options;
    if (!options.log) {
        char *arguments[] = {words[0], words[1], words[2], words[3], NULL};
        tune_options_parse(&options, 4, arguments);
        options.log = fuzz_output();
    }
    return &options;
}

/* ---- A tuning that goes on ---- */

/* Its log opened, which reads it back. */
static nnfs_status begin(tuning *tune, train_run *data, nnfs_error *error)
{
    *data = (train_run){.train = {.set = (nnfs_dataset *)data_of_runs()}};
    *tune = (tuning){.options = options_of_runs(), .data = data, .data_count = 1};
    tune->command = tune_command(tune->options);
    tune->judge = (tune_judge){.name = "accuracy", .offset = offsetof(tune_point, accuracy)};
    trials_make(tune);
    fuzz_check(tune->count == 2);
    return tune_log_open(tune, error);
}

static void end(tuning *tune)
{
    if (tune->log) {
        fuzz_check(tune_log_close(tune, NULL) == NNFS_OK);
    }
    trials_free(tune);
    free(tune->command);
}

static int count_ended(const tuning *tune)
{
    int ended = 0;
    for (int i = 0; i < tune->count; i++) {
        const tune_trial *trial = &tune->trials[i];
        fuzz_check((trial->ended != NULL) == (trial->count > 0));
        fuzz_check(trial->count <= trial->room);
        ended += trial->ended != NULL;
    }
    return ended;
}

/* All runs that have not ended make one iteration. */
static void make_runs(tuning *tune)
{
    const tune_point point = {.loss = 0.5, .accuracy = 0.25, .seconds = (double)NAN};
    for (int i = 0; i < tune->count; i++) {
        tune_trial *trial = &tune->trials[i];
        if (!trial->ended) {
            fuzz_check(trial_add_point(trial, &point, NULL) == NNFS_OK);
            trial->ended = "epochs";
            tune_log_point(tune, trial, 1);
        }
    }
}

static bool are_same(const tune_trial *left, const tune_trial *right)
{
    return left->count == right->count && strcmp(left->ended, right->ended) == 0;
}

/* The log of the runs that `before` ended with. */
static void check_again(const tuning *before)
{
    tuning tune;
    train_run data;
    nnfs_error error = {.status = NNFS_OK};
    fuzz_check(begin(&tune, &data, &error) == NNFS_OK);
    fuzz_check(count_ended(&tune) == 2 && tune.read_back == 2);
    for (int i = 0; i < tune.count; i++) {
        fuzz_check(are_same(&tune.trials[i], &before->trials[i]));
    }
    end(&tune);
}

static void write_log(const uint8_t *data, size_t size)
{
    FILE *file = fopen(fuzz_output(), "wbe");
    fuzz_check(file && fwrite(data, 1, size, file) == size);
    fuzz_check(fclose(file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tuning tune;
    train_run run;
    nnfs_error error = {.status = NNFS_OK};
    write_log(data, size);
    nnfs_status status = begin(&tune, &run, &error);
    fuzz_check_error(status, &error);
    if (status == NNFS_OK) {
        fuzz_check(count_ended(&tune) == tune.read_back);
        make_runs(&tune);
        fuzz_check(tune.logged);
        fuzz_check(tune_log_close(&tune, &error) == NNFS_OK);
        check_again(&tune);
    }
    end(&tune);
    return 0;
}
