/*
 * nnfs-train: trains a network and says how good it is.
 *
 * Errors are found before the work starts where possible. A run that a signal stops, or that
 * diverges, keeps what it has: the model is saved as it stands, and the notes in it say so.
 */
#include "common/exit.h"
#include "common/paths.h"
#include "common/ranks.h"
#include "common/start.h"
#include "common/text.h"
#include "train/resume.h"
#include "train/run_outputs.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static int on_progress(void *user, const nnfs_progress *now)
{
    train_run *run = user;
    progress_step(&run->progress, now);
    return signal_caught();
}

static int on_epoch(void *user, const nnfs_epoch *epoch)
{
    train_run *run = user;
    progress_epoch(&run->progress, epoch);
    log_epoch(run, epoch);
    return signal_caught();
}

static nnfs_status prepare(train_run *run, nnfs_error *error)
{
    const train_options *options = run->options;
    TRY(check_model_path(options->output, error));
    TRY(check_log_path(options->log, error));
    TRY(check_model_path(options->report, error));
    TRY(prepare_machine(options->train.threads, options->quiet, &run->machine, error));
    run->prepared = true;
    TRY(run_prepare(run, error));
    TRY(run_build(run, error));
    if (options->profile || options->report) {
        return nnfs_profile_create(&run->profile, error);
    }
    return NNFS_OK;
}

/* Whether training came to something worth keeping, if not to its planned end. */
static bool has_ended(nnfs_status status)
{
    return status == NNFS_OK || status == NNFS_ERROR_STOPPED || status == NNFS_ERROR_DIVERGED;
}

/* The settings of the run, with all that is not of the command line. */
static nnfs_train_settings settings_of(train_run *run)
{
    nnfs_train_settings settings = run->options->train;
    settings.threads = run->machine.threads;
    settings.on_progress = on_progress;
    settings.on_epoch = on_epoch;
    settings.user = run;
    settings.profile = run->profile;
    settings.communicator = run->communicator;
    settings.checkpoint_folder = run->options->checkpoint;
    settings.on_checkpoint = resume_on_checkpoint;
    settings.resume = run->checkpoint;
    settings.resume_anywhere = run->options->resume_anywhere;
    return settings;
}

/* Names and categories that a model file has no room for are known before the first step. */
static nnfs_status check_header(train_run *run, nnfs_error *error)
{
    nnfs_network *network = run->network;
    if (!run->options->output || !run->preprocessing) {
        return NNFS_OK;
    }
    nnfs_status status = nnfs_network_copy(network, &run->network, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(nnfs_network_set_preprocessing(run->network, run->preprocessing, error));
    TRY_CLEANUP(run_annotate(run, error));
    status = nnfs_network_header_check(run->network, error);
cleanup:
    if (status == NNFS_ERROR_DATA) {
        (void)set_error(
            error, status,
            "%s: the names of its columns and categories take more than the 100,000,000 "
            "bytes that a model file has for them; leave columns out by --drop",
            run->train.path);
    }
    if (run->network != network) {
        nnfs_network_free(run->network);
    }
    run->network = network;
    return status;
}

/* What would refuse a resumed run comes before anything is written. */
static nnfs_status begin_outputs(train_run *run, nnfs_error *error)
{
    nnfs_train_settings settings = settings_of(run);
    if (run->checkpoint) {
        TRY(nnfs_checkpoint_check(run->checkpoint, run->network, run->train.set,
                                  run->validation.set, run->test.set, &settings, error));
    }
    TRY(check_header(run, error));
    TRY(log_open(run, error));
    TRY(log_cut(run, error));
    TRY(record_begin(run, error));
    return outputs_claim(run, error);
}

static nnfs_status train(train_run *run, nnfs_error *error)
{
    nnfs_train_settings settings = settings_of(run);
    run->communication = nnfs_communicator_seconds(run->communicator);
    if (run->options->ensemble) {
        return run_ensemble(run, &settings, error);
    }
    progress_plan plan = {.epochs = settings.epochs,
                          .samples = nnfs_dataset_samples(run->train.set),
                          .flops = nnfs_network_flops_step(run->network),
                          .threads = settings.threads,
                          .quiet = run->options->quiet,
                          .communicator = run->communicator};
    progress_begin(&run->progress, &plan);
    nnfs_status status = nnfs_train(run->network, run->train.set, run->validation.set,
                                    run->test.set, &settings, &run->summary, error);
    progress_finish(&run->progress);
    return status;
}

static nnfs_status save(train_run *run, nnfs_error *error)
{
    if (!run->options->output) {
        return NNFS_OK;
    }
    run->replaced = access(run->options->output, F_OK) == 0;
    resume_forget_notes(run);
    TRY(run_annotate(run, error));
    TRY(nnfs_network_save(run->network, run->options->output, error));
    run->saved = true;
    return NNFS_OK;
}

nnfs_summary summary_of_nothing(const char *reason)
{
    const nnfs_evaluation none = {.loss = NAN,
                                  .accuracy = NAN,
                                  .macro_f1 = NAN,
                                  .log_loss = NAN,
                                  .roc_auc = NAN,
                                  .average_precision = NAN,
                                  .rmse = NAN,
                                  .mae = NAN,
                                  .r2 = NAN};
    return (nnfs_summary){
        .reason = reason, .temperature = 1.0, .train = none, .validation = none, .test = none};
}

/* Says why a run ended early, and what became of its work. */
static void say_early_end(const train_run *run, const nnfs_error *error)
{
    if (error->status == NNFS_ERROR_STOPPED && signal_caught()) {
        cli_message("stopped by %s after %s epoch%s", signal_name(signal_caught()),
                    text_count(run->summary.epochs).text, text_plural(run->summary.epochs));
    } else {
        cli_error(error);
    }
    if (run->saved && run->summary.best_epoch > 0) {
        cli_message("%s holds the weights of the best epoch, %d", run->options->output,
                    run->summary.best_epoch);
    } else if (run->saved) {
        cli_message("%s holds the %s weights", run->options->output,
                    error->status == NNFS_ERROR_DIVERGED ? "last good" : "latest");
    }
    char *command = NULL;
    if (error->status == NNFS_ERROR_STOPPED) {
        command = resume_command(run);
    }
    if (command && run->summary.checkpoint == NNFS_OK) {
        cli_message("go on with: %s", command);
    }
    free(command);
}

/* A fold that did not come to its end is the end of the run: nothing is saved. */
static int end_in_folds(train_run *run, const nnfs_error *error)
{
    bool stopped = error->status == NNFS_ERROR_STOPPED && signal_caught();
    const char *reason = error->status == NNFS_ERROR_DIVERGED ? "diverged" : "failed";
    run->summary = summary_of_nothing(stopped ? "stopped" : reason);
    log_end(run);
    if (stopped) {
        cli_message("stopped by %s in fold %d of %d; there is no model yet",
                    signal_name(signal_caught()), run->folds.count + 1, run->options->folds);
    } else {
        cli_message("fold %d of %d: %s", run->folds.count + 1, run->options->folds, error->message);
    }
    return exit_status(error->status);
}

/* From a network ready to be trained to the last line of the report: the status to exit with. */
static int train_and_report(train_run *run)
{
    nnfs_error ended = {.status = NNFS_OK};
    nnfs_error trouble = {.status = NNFS_OK};
    nnfs_status status = train(run, &ended);
    if (nnfs_communicator_lost(run->communicator)) {
        cli_error_aloud(&ended);
        return exit_status(status);
    }
    if (!has_ended(status)) {
        cli_error(&ended);
        return exit_status(status);
    }
    nnfs_status saved = save(run, &trouble);
    log_details(run);
    log_end(run);
    if (!run->options->quiet) {
        report(run);
        if (run->options->profile) {
            report_profile(run);
        }
    }
    if (status != NNFS_OK) {
        say_early_end(run, &ended);
    }
    if (saved != NNFS_OK) {
        cli_error(&trouble);
    }
    if (saved == NNFS_OK && run->summary.checkpoint != NNFS_OK) {
        cli_message("the last checkpoint could not be written");
        saved = run->summary.checkpoint;
    }
    /* A stopped run whose work is lost has failed, more than it was stopped. */
    bool lost = saved != NNFS_OK && status != NNFS_ERROR_DIVERGED;
    return exit_status(status != NNFS_OK && !lost ? status : saved);
}

/* What else has failed. */
static int end_worse(int result, const nnfs_error *error)
{
    cli_error(error);
    if (result == EXIT_DONE) {
        return EXIT_CANNOT_RUN;
    }
    return result;
}

/* All before training; with --show-program, that is all. */
static nnfs_status begin(train_run *run, char **argv, nnfs_error *error)
{
    TRY(resume_remember(run, argv, error));
    TRY(prepare(run, error));
    if (run->options->show_program) {
        return show_program(run, error);
    }
    return begin_outputs(run, error);
}

static int run_all(train_run *run, char **argv)
{
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = begin(run, argv, &error);
    status = nnfs_communicator_agree(run->communicator, status, &error);
    if (status != NNFS_OK) {
        cli_error(&error);
    }
    if (status != NNFS_OK || run->options->show_program) {
        return exit_status(status);
    }
    if (run->checkpoint) {
        resume_say(run);
        log_resume(run);
    } else {
        log_start(run);
    }
    signals_catch();
    if (run->options->folds > 0) {
        status = run_folds(run, &error);
    } else {
        status = NNFS_OK;
    }
    int result = status == NNFS_OK ? train_and_report(run) : end_in_folds(run, &error);
    if (log_close(run, &error) != NNFS_OK) {
        result = end_worse(result, &error);
    }
    if (record_report(run, &error) == NNFS_OK) {
        return result;
    }
    return end_worse(result, &error);
}

/* What is different for a rank of several: its part of the host, and of what is written. */
static void take_rank(train_run *run)
{
    train_options *options = run->options;
    nnfs_train_settings *settings = &options->train;
    if (!run->communicator) {
        return;
    }
    settings->threads =
        settings->threads > 0 ? settings->threads : ranks_threads(run->communicator);
    if (run->checkpoint) {
        settings->shards = nnfs_checkpoint_settings(run->checkpoint).shards;
    } else if (settings->shards == 1) {
        settings->shards = ranks_shards(run->communicator);
    }
    options->table.communicator = run->communicator;
    if (nnfs_communicator_rank(run->communicator) > 0) {
        options->output = options->log = options->report = options->checkpoint = NULL;
        options->quiet = true;
    }
}

int main(int argc, char **argv)
{
    restart_with_better_blas(argv);
    train_run run = {.communicator = ranks_join(), .log_bytes = -1};
    train_options options;
    train_options_parse(&options, argc, argv);
    signals_ignore_of_writes();
    run.options = &options;
    resume_open(&run, &options, argv);
    take_rank(&run);
    outputs_identify(&run);
    int result = cli_finish(run_all(&run, argv));
    ranks_leave(run.communicator, result);
    if (!run.prepared) {
        cli_exit(result);
    }
    resume_free(&run);
    run_record_free(&run.record);
    free(run.shape);
    nnfs_network_free(run.network);
    nnfs_profile_free(run.profile);
    nnfs_preprocessing_free(run.preprocessing);
    free(run.folds.scores);
    free(run.networks.scores);
    source_free(&run.train);
    source_free(&run.validation);
    source_free(&run.test);
    train_options_free(&options);
    return result;
}
