/*
 * nnfs-tune: trains a network for each combination of settings, and says which is best.
 *
 * Each run is one that nnfs-train would make, to the same bits; its command line is printed for the
 * best. However the tool ends, finished runs are in the log, and the same command continues.
 */
#include "common/exit.h"
#include "common/paths.h"
#include "common/ranks.h"
#include "common/start.h"
#include "common/text.h"
#include "tune/tune.h"

#include <stdlib.h>
#include <string.h>

static nnfs_status prepare_own(tuning *tune, nnfs_error *error)
{
    const tune_options *options = tune->options;
    int threads = options->threads > 0 ? options->threads : ranks_threads(tune->communicator);
    TRY(check_log_path(options->log, error));
    TRY(check_model_path(options->plot, error));
    TRY(prepare_machine(threads, options->quiet, &tune->machine, error));
    tune->prepared = true;
    TRY(tune_load(tune, error));
    halving_begin(tune);
    return tune_log_open(tune, error);
}

/* All ranks are ready, or none is. */
static nnfs_status prepare(tuning *tune, nnfs_error *error)
{
    nnfs_status status = prepare_own(tune, error);
    return nnfs_communicator_agree(tune->communicator, status, error);
}

static int count_ended(const tuning *tune, bool diverged)
{
    int count = 0;
    for (int i = 0; i < tune->count; i++) {
        const char *ended = tune->trials[i].ended;
        count += ended && (strcmp(ended, "diverged") == 0) == diverged;
    }
    return count;
}

static void say_stopped(const tuning *tune)
{
    int ended = count_ended(tune, false) + count_ended(tune, true);
    cli_message("stopped by %s: %d of %d runs have ended%s", signal_name(signal_caught()), ended,
                tune->count, tune->options->log ? "; the same command goes on" : "");
}

static int run_and_report(tuning *tune)
{
    nnfs_error error = {.status = NNFS_OK};
    nnfs_error trouble = {.status = NNFS_OK};
    if (tune->read_back > 0 && !tune->options->quiet) {
        cli_message("going on from '%s': %d of %d runs have ended", tune->options->log,
                    tune->read_back, tune->count);
    }
    signals_catch();
    nnfs_status status = tune_run(tune, &error);
    while (status == NNFS_OK && !halving_is_over(tune) && halving_next(tune)) {
        status = tune_run(tune, &error);
    }
    nnfs_status written = tune_plot(tune, &trouble);
    tune_report(tune);
    if (status == NNFS_ERROR_STOPPED && signal_caught()) {
        say_stopped(tune);
    } else if (status != NNFS_OK) {
        cli_error(&error);
    }
    if (written != NNFS_OK) {
        cli_error(&trouble);
    }
    bool all_diverged = count_ended(tune, true) == tune->count;
    int result = status == NNFS_OK ? exit_status(written) : exit_status(status);
    if (all_diverged) {
        cli_message("all runs diverged");
    }
    if (result == EXIT_DONE && all_diverged) {
        return EXIT_DIVERGED;
    }
    return result;
}

static int run_all(tuning *tune)
{
    nnfs_error error = {.status = NNFS_OK};
    if (prepare(tune, &error) != NNFS_OK) {
        cli_error(&error);
        return exit_status(error.status);
    }
    if (nnfs_communicator_rank(tune->communicator) > 0) {
        signals_catch();
        return exit_status(ranks_obey(tune, &error));
    }
    int result = run_and_report(tune);
    ranks_dismiss(tune);
    if (tune_log_close(tune, &error) != NNFS_OK && result == EXIT_DONE) {
        cli_error(&error);
        result = EXIT_CANNOT_RUN;
    }
    return result;
}

/* Rank 0 alone writes. */
static void take_rank(tuning *tune, tune_options *options)
{
    size_t ranks = (size_t)nnfs_communicator_size(tune->communicator);
    tune->ranks = must_have(calloc(ranks, sizeof *tune->ranks));
    if (nnfs_communicator_rank(tune->communicator) > 0) {
        options->log = options->plot = NULL;
        options->quiet = true;
    }
}

int main(int argc, char **argv)
{
    restart_with_better_blas(argv);
    nnfs_communicator *communicator = ranks_join();
    tune_options options;
    tune_options_parse(&options, argc, argv);
    signals_ignore_of_writes();
    tuning tune = {
        .options = &options, .lock = PTHREAD_MUTEX_INITIALIZER, .communicator = communicator};
    take_rank(&tune, &options);
    tune.command = tune_command(&options);
    trials_make(&tune);
    for (int i = 0; i < tune.count; i++) {
        tune.trials[i].options.table.communicator = communicator;
    }
    int result = cli_finish(run_all(&tune));
    ranks_leave(communicator, result);
    if (!tune.prepared) {
        cli_exit(result);
    }
    if (tune.log) {
        (void)fclose(tune.log);
    }
    tune_data_free(&tune);
    trials_free(&tune);
    free(tune.command);
    free(tune.ranks);
    tune_options_free(&options);
    return result;
}
