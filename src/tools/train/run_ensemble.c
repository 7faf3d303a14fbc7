/*
 * --networks and --refit. Networks from other seeds are trained one after the other, and their
 * outputs are averaged. Each holds out a share of its own for validation; with --refit such
 * networks only find out how many epochs are best, and at which temperature, for networks that are
 * then trained on all samples.
 */
#include "common/exit.h"
#include "common/lines.h"
#include "train/held_out_score.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A round of networks: those of the model, or those that --refit goes by. */
typedef struct ensemble_round {
    const char *what; /* network or held-out network */
    int networks;
    bool holds_out;         /* a share, or the validation data */
    bool tries;             /* for --refit: its networks are scored and not kept */
    double score;           /* sum of the logarithms of theirs */
    double log_temperature; /* their sum too; of a model, what its outputs are divided by */
    nnfs_train_settings settings;
} ensemble_round;

/* One network with its data; those that are the run's are not freed. */
typedef struct ensemble_part {
    train_run *run;
    ensemble_round *round;
    int index;
    nnfs_dataset *own_train, *own_validation;
    const nnfs_dataset *train, *validation;
    nnfs_network *network;
    nnfs_summary summary;
} ensemble_part;

static void part_free(ensemble_part *part)
{
    nnfs_network_free(part->network);
    nnfs_dataset_free(part->own_train);
    nnfs_dataset_free(part->own_validation);
}

static nnfs_status build(ensemble_part *part, uint64_t seed, nnfs_error *error)
{
    const train_run *run = part->run;
    bool holds_out = part->round->holds_out;
    part->train = run->train.set;
    part->validation = holds_out ? run->validation.set : NULL;
    if (holds_out && run->options->validation_share > 0.0) {
        nnfs_status status =
            nnfs_dataset_split(run->train.set, run->options->validation_share, seed,
                               &part->own_train, &part->own_validation, error);
        if (status != NNFS_OK) {
            return status;
        }
        part->train = part->own_train;
        part->validation = part->own_validation;
    }
    return make_network(run, part->train, seed, &part->network, error);
}

static int on_progress(void *user, const nnfs_progress *now)
{
    ensemble_part *part = user;
    progress_step(&part->run->progress, now);
    return signal_caught();
}

/* The log has the epochs of the model's first network. */
static int on_epoch(void *user, const nnfs_epoch *epoch)
{
    ensemble_part *part = user;
    progress_epoch(&part->run->progress, epoch);
    if (!part->round->tries && part->index == 0) {
        log_epoch(part->run, epoch);
    }
    return signal_caught();
}

/* That has a logarithm. */
static const double least_score = 1e-30;

/*
 * After all epochs, not after the best: the epochs of a schedule are what is compared. By their
 * logarithms, so that a held-out part with outliers counts no more than the others.
 */
static nnfs_status score(ensemble_part *part, nnfs_error *error)
{
    double own;
    double log_temperature;
    int threads = part->run->machine.threads;
    nnfs_status status =
        held_out_score(part->network, part->validation, threads, &own, &log_temperature, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (isnan(own)) {
        own = INFINITY;
    }
    part->round->score += log(fmax(own, least_score));
    part->round->log_temperature += log_temperature;
    return nnfs_evaluate(part->network, part->validation, threads, &part->summary.validation,
                         error);
}

static nnfs_status train(ensemble_part *part, nnfs_error *error)
{
    train_run *run = part->run;
    const ensemble_round *round = part->round;
    nnfs_train_settings settings = round->settings;
    const nnfs_dataset *validation = round->tries ? NULL : part->validation;
    bool test = settings.until_accuracy > 0.0 && !part->validation;
    progress_plan plan = {.epochs = settings.epochs,
                          .samples = nnfs_dataset_samples(part->train),
                          .what = round->what,
                          .fold = part->index + 1,
                          .folds = round->networks,
                          .others = round->networks - part->index - 1,
                          .flops = nnfs_network_flops_step(part->network),
                          .threads = settings.threads,
                          .quiet = run->options->quiet,
                          .communicator = run->communicator};
    settings.seed += (uint64_t)part->index;
    settings.on_progress = on_progress;
    settings.on_epoch = on_epoch;
    settings.user = part;
    progress_begin(&run->progress, &plan);
    nnfs_status status = nnfs_train(part->network, part->train, validation,
                                    test ? run->test.set : NULL, &settings, &part->summary, error);
    progress_clear(&run->progress);
    if (status != NNFS_OK) {
        return status;
    }
    if (round->tries) {
        return score(part, error);
    }
    if (round->log_temperature != 0.0) {
        part->summary.temperature = exp(round->log_temperature);
        return nnfs_network_set_temperature(part->network, part->summary.temperature, error);
    }
    return NNFS_OK;
}

static void show(const ensemble_part *part)
{
    const ensemble_round *round = part->round;
    if (part->run->options->quiet) {
        return;
    }
    line_print(stderr, "%s %d/%d ", round->what, part->index + 1, round->networks);
    if (part->validation) {
        const nnfs_evaluation *scores = &part->summary.validation;
        metrics_write(stderr, scores, nnfs_network_loss(part->network));
        line_print(stderr, " (%s held out)\n", text_count(scores->samples).text);
    } else {
        line_print(stderr, " %s epoch%s in %s\n", text_count(part->summary.epochs).text,
                   text_plural(part->summary.epochs), text_seconds(part->summary.seconds).text);
    }
}

/* Adds up what each network took; what is measured comes from the ensemble. */
static void add_summary(const ensemble_part *part)
{
    const nnfs_summary *one = &part->summary;
    nnfs_summary *sum = &part->run->summary;
    double seconds = sum->seconds + one->seconds;
    double samples =
        sum->samples_per_second * sum->seconds + one->samples_per_second * one->seconds;
    double work = sum->gflops * sum->seconds + one->gflops * one->seconds;
    double temperature = (sum->temperature * part->index + one->temperature) / (part->index + 1);
    if (part->index == 0) {
        *sum = *one;
    }
    sum->best_epoch = 0;
    sum->seconds = seconds;
    sum->samples_per_second = seconds > 0.0 ? samples / seconds : 0.0;
    sum->gflops = seconds > 0.0 ? work / seconds : 0.0;
    sum->temperature = temperature;
}

/* Takes the network into the ensemble; the first takes the place of what run_build made. */
static nnfs_status keep(ensemble_part *part, nnfs_error *error)
{
    if (part->index > 0 && !part->round->tries) {
        return nnfs_network_add(part->run->network, part->network, error);
    }
    nnfs_network_free(part->run->network);
    part->run->network = part->network;
    part->network = NULL;
    return NNFS_OK;
}

static bool has_ended_early(nnfs_status status)
{
    return status == NNFS_ERROR_STOPPED || status == NNFS_ERROR_DIVERGED;
}

/* A network that a signal stops or that diverges is kept only if there is no other. */
static nnfs_status run_part(train_run *run, ensemble_round *round, int index, nnfs_error *error)
{
    ensemble_part part = {.run = run, .round = round, .index = index};
    nnfs_status status = build(&part, round->settings.seed + (uint64_t)index, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    status = train(&part, error);
    add_summary(&part);
    if (status == NNFS_OK) {
        show(&part);
        log_network(run, index + 1, &part.summary);
    }
    if (status == NNFS_OK && part.own_validation) {
        /* The front is of the schedule that is the best so far. */
        int first = round->tries ? round->networks : 0;
        run->networks.scores[first + run->networks.count++] = part.summary.validation;
    }
    bool kept = status == NNFS_OK && !round->tries;
    if (has_ended_early(status)) {
        kept = index == 0 || round->tries;
    }
    nnfs_error trouble;
    if (kept && keep(&part, &trouble) != NNFS_OK) {
        status = set_error(error, trouble.status, "%s", trouble.message);
    }
    if (has_ended_early(status)) {
        run->summary.reason = part.summary.reason;
    }
cleanup:
    part_free(&part);
    return status;
}

static nnfs_status run_round(train_run *run, ensemble_round *round, nnfs_error *error)
{
    for (int i = 0; i < round->networks; i++) {
        TRY(run_part(run, round, i, error));
    }
    return NNFS_OK;
}

/* Schedules that --refit compares: all epochs, a half and a quarter of them. */
enum { SCHEDULES = 3 };

/* The best of what --refit has tried. */
typedef struct refit_choice {
    double score;
    double log_temperature;
    int epochs;
} refit_choice;

static nnfs_status try_epochs(train_run *run, const nnfs_train_settings *settings, int epochs,
                              refit_choice *best, nnfs_error *error)
{
    int networks = run->options->refit;
    ensemble_round round = {.what = "held-out network",
                            .networks = networks,
                            .holds_out = true,
                            .tries = true,
                            .settings = *settings};
    round.settings.epochs = epochs;
    round.settings.calibration_method = NNFS_CALIBRATION_NONE;
    round.settings.patience = 0;
    round.settings.monitor = NNFS_MONITOR_AUTO;
    run->networks.count = 0;
    TRY(run_round(run, &round, error));
    if (round.score < best->score) {
        *best = (refit_choice){round.score, round.log_temperature / networks, epochs};
        memcpy(run->networks.scores, run->networks.scores + networks,
               (size_t)run->networks.count * sizeof *run->networks.scores);
    }
    return NNFS_OK;
}

static nnfs_status set_log_target(train_run *run, int log_targets, nnfs_error *error)
{
    run->options->table.preprocessing.log_targets = log_targets;
    return run_prepare_table(run, error);
}

/* By how much the error must be smaller on a log scale: less is noise, and predictions of the
 * largest targets, which the logarithm squeezes, may be far off. */
static const double log_target_margin = 0.02;

/* Once more on a log scale, which stays if that is better. */
static nnfs_status try_log_target(train_run *run, const nnfs_train_settings *settings,
                                  refit_choice *best, nnfs_error *error)
{
    bool is_skewed = false;
    if (run->options->table.log_target == LOG_TARGET_AUTO && run->preprocessing &&
        run_output(run) == NNFS_IDENTITY) {
        TRY(target_is_skewed(run->train.set, &is_skewed, error));
    }
    if (!is_skewed) {
        return NNFS_OK;
    }
    refit_choice logged = {.score = best->score - log_target_margin * run->options->refit};
    TRY(set_log_target(run, 1, error));
    TRY(try_epochs(run, settings, best->epochs, &logged, error));
    bool helps = logged.epochs > 0;
    if (!run->options->quiet) {
        (void)fprintf(stderr, "target    %s on a log scale\n", helps ? "better" : "no better");
    }
    if (!helps) {
        return set_log_target(run, 0, error);
    }
    *best = logged;
    return NNFS_OK;
}

/* The epochs and the temperature for networks that are trained on all samples. */
static nnfs_status find_epochs(train_run *run, const nnfs_train_settings *settings,
                               ensemble_round *next, nnfs_error *error)
{
    refit_choice best = {.score = INFINITY, .epochs = settings->epochs};
    for (int i = 0; i < SCHEDULES && (i == 0 || settings->epochs >> i > 0); i++) {
        TRY(try_epochs(run, settings, settings->epochs >> i, &best, error));
    }
    TRY(try_log_target(run, settings, &best, error));
    next->settings.epochs = best.epochs;
    if (settings->calibration_method != NNFS_CALIBRATION_NONE) {
        next->log_temperature = best.log_temperature;
    }
    if (!run->options->quiet) {
        (void)fprintf(stderr, "refit     for %d epochs on all training data\n",
                      next->settings.epochs);
    }
    return NNFS_OK;
}

static nnfs_status evaluate(train_run *run, nnfs_error *error)
{
    const struct {
        const nnfs_dataset *data;
        nnfs_evaluation *evaluation;
    } parts[] = {{run->train.set, &run->summary.train},
                 {run->validation.set, &run->summary.validation},
                 {run->test.set, &run->summary.test}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i].evaluation = summary_of_nothing("").train;
        nnfs_status status = NNFS_OK;
        if (parts[i].data) {
            status = nnfs_evaluate(run->network, parts[i].data, run->machine.threads,
                                   parts[i].evaluation, error);
        }
        if (status != NNFS_OK) {
            return status;
        }
    }
    return NNFS_OK;
}

nnfs_status run_ensemble(train_run *run, const nnfs_train_settings *settings, nnfs_error *error)
{
    const train_options *options = run->options;
    ensemble_round round = {.what = "network",
                            .networks = options->networks,
                            .holds_out = options->refit == 0,
                            .settings = *settings};
    run->networks.scores =
        calloc((size_t)(options->networks + 2 * options->refit), sizeof *run->networks.scores);
    if (!run->networks.scores) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    run->summary = summary_of_nothing("epochs");
    nnfs_status status = NNFS_OK;
    if (options->refit > 0) {
        round.settings.patience = 0;
        round.settings.monitor = NNFS_MONITOR_AUTO;
        round.settings.calibration_method = NNFS_CALIBRATION_NONE;
        status = find_epochs(run, settings, &round, error);
    }
    if (status == NNFS_OK) {
        status = run_round(run, &round, error);
    }
    if (status != NNFS_OK && !has_ended_early(status)) {
        return status;
    }
    nnfs_status measured = evaluate(run, status == NNFS_OK ? error : NULL);
    return status == NNFS_OK ? measured : status;
}
