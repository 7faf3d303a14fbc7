/*
 * The runs, side by side in threads of their own. A network gives the same bits at any number of
 * threads, so nothing depends on who does what: a run takes as many as are idle, for each of the
 * runs that could also begin now.
 */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/text.h"
#include "tune/tune.h"

#include <math.h>
#include <stdlib.h>

typedef struct worker {
    tuning *tune;
    pthread_t thread;
    tune_trial *trial; /* that it is at */
    const nnfs_network *network;
    tune_point *fold_points; /* [fold_count] of the fold under way; NULL without folds */
    int fold_count, fold_room;
} worker;

/* ---- A run ---- */

bool tune_must_stop(const tuning *tune)
{
    return tune->stopping || signal_caught() || halving_is_over(tune);
}

static int on_progress(void *user, const nnfs_progress *now)
{
    worker *own = user;
    tuning *tune = own->tune;
    (void)pthread_mutex_lock(&tune->lock);
    if (now->steps > 0) {
        own->trial->underway = (double)now->step / (double)now->steps;
    } else {
        own->trial->underway = 0.0;
    }
    tune_progress_draw(tune);
    bool stop = tune_must_stop(tune);
    (void)pthread_mutex_unlock(&tune->lock);
    return stop;
}

static tune_point point_of(const nnfs_epoch *epoch)
{
    return (tune_point){
        .loss = epoch->train_loss,
        .accuracy = epoch->train_accuracy,
        .validation_loss = epoch->validation.loss,
        .validation_accuracy = epoch->validation.accuracy,
        .validation_rmse = epoch->validation.rmse,
        .validation_pinball = epoch->validation.pinball,
        .test_loss = epoch->test.loss,
        .test_accuracy = epoch->test.accuracy,
        .test_rmse = epoch->test.rmse,
        .test_pinball = epoch->test.pinball,
        .rate = strtod(text_shortest((float)epoch->learning_rate).text, NULL), /* 0.05 as 0.05 */
        .seconds = epoch->seconds,
    };
}

/* The first trouble ends all runs. */
void tune_note_trouble(tuning *tune, const nnfs_error *error)
{
    if (!tune->stopping) {
        tune->trouble = *error;
        tune->stopping = true;
    }
}

void tune_keep_point(tuning *tune, tune_trial *trial, const tune_point *point, const char *ended,
                     uint64_t hash)
{
    nnfs_error error = {.status = NNFS_OK};
    trial->underway = 0.0;
    trial->ended = ended;
    tune->iterations++;
    if (trial_add_point(trial, point, &error) != NNFS_OK) {
        tune_note_trouble(tune, &error);
        return;
    }
    tune_log_point(tune, trial, hash);
    if (tune->log && !tune->logged) {
        (void)set_error(&error, NNFS_ERROR_IO, "the log '%s' cannot be written",
                        tune->options->log);
        tune_note_trouble(tune, &error);
    }
    tune_progress_draw(tune);
}

static void keep_point(worker *own, const tune_point *point, const char *ended)
{
    uint64_t hash = 0;
    if (ended) {
        hash = nnfs_network_hash(own->network);
    }
    if (nnfs_communicator_rank(own->tune->communicator) > 0) {
        ranks_tell_point(own->tune, own->trial, point, ended, hash);
    } else {
        tune_keep_point(own->tune, own->trial, point, ended, hash);
    }
}

static int on_epoch(void *user, const nnfs_epoch *epoch)
{
    worker *own = user;
    tune_point point = point_of(epoch);
    (void)pthread_mutex_lock(&own->tune->lock);
    keep_point(own, &point, epoch->ended);
    bool stop = tune_must_stop(own->tune);
    (void)pthread_mutex_unlock(&own->tune->lock);
    return stop;
}

/* An iteration that has no numbers, the run's last. */
static void keep_divergence(worker *own)
{
    const double none = NAN;
    const tune_point point = {none, none, none, none, none, none,
                              none, none, none, none, none, none};
    (void)pthread_mutex_lock(&own->tune->lock);
    keep_point(own, &point, "diverged");
    (void)pthread_mutex_unlock(&own->tune->lock);
}

/* A network of the trial, from nothing. */
static nnfs_status train_on(worker *own, train_run *run, int threads,
                            int (*at_epoch)(void *user, const nnfs_epoch *epoch),
                            nnfs_network **network, nnfs_error *error)
{
    nnfs_train_settings settings = own->trial->options.train;
    settings.threads = threads;
    settings.on_progress = on_progress;
    settings.on_epoch = at_epoch;
    settings.user = own;
    nnfs_status status =
        make_network(run, run->train.set, run->options->train.seed, network, error);
    own->network = *network;
    if (status != NNFS_OK) {
        return status;
    }
    return nnfs_train(*network, run->train.set, run->validation.set, run->test.set, &settings,
                      &run->summary, error);
}

/* ---- Folds ---- */

static int on_fold_epoch(void *user, const nnfs_epoch *epoch)
{
    worker *own = user;
    if (own->fold_count < own->fold_room) {
        own->fold_points[own->fold_count++] = point_of(epoch);
    }
    (void)pthread_mutex_lock(&own->tune->lock);
    bool stop = tune_must_stop(own->tune);
    (void)pthread_mutex_unlock(&own->tune->lock);
    return stop;
}

/* sums += of each number */
static void add_points(tune_point *sums, const tune_point *points, int count)
{
    double *to = (double *)sums; /* a point is numbers alone */
    const double *from = (const double *)points;
    size_t numbers = (size_t)count * (sizeof *sums / sizeof(double));
    for (size_t i = 0; i < numbers; i++) {
        to[i] += from[i];
    }
}

/* Prepared by itself, as nnfs-train --folds does; test data, prepared otherwise, are
 * not looked at. */
static nnfs_status train_fold(worker *own, int fold, int threads, nnfs_network **network,
                              nnfs_error *error)
{
    train_run run = own->tune->data[own->trial->data];
    nnfs_dataset *rest = NULL;
    nnfs_dataset *held_out = NULL;
    nnfs_preprocessing *preprocessing = NULL;
    run.options = &own->trial->options;
    nnfs_status status = nnfs_dataset_fold(run.train.set, own->tune->options->folds, fold,
                                           run.options->train.seed, &rest, &held_out, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    if (run.preprocessing) {
        TRY_CLEANUP(fit_and_prepare(&run, rest, held_out, &preprocessing, error));
    }
    run.train.set = rest;
    run.validation.set = held_out;
    run.test.set = NULL;
    own->fold_count = 0;
    status = train_on(own, &run, threads, on_fold_epoch, network, error);
cleanup:
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    nnfs_preprocessing_free(preprocessing);
    return status;
}

/* The means over the folds, as far as all of them went. */
static void keep_means(worker *own, tune_point *sums, int count)
{
    double *numbers = (double *)sums;
    for (size_t i = 0; i < (size_t)count * (sizeof *sums / sizeof(double)); i++) {
        numbers[i] /= own->tune->options->folds;
    }
    (void)pthread_mutex_lock(&own->tune->lock);
    for (int i = 0; i < count; i++) {
        keep_point(own, &sums[i], i + 1 == count ? "epochs" : NULL);
    }
    (void)pthread_mutex_unlock(&own->tune->lock);
}

static nnfs_status train_folds(worker *own, int threads, nnfs_network **network, nnfs_error *error)
{
    int epochs = own->trial->options.train.epochs;
    tune_point *sums = calloc(2 * (size_t)epochs, sizeof *sums);
    int count = epochs;
    if (!sums) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = NNFS_OK;
    own->fold_points = sums + epochs;
    own->fold_room = epochs;
    for (int i = 0; status == NNFS_OK && i < own->tune->options->folds; i++) {
        nnfs_network_free(*network);
        *network = NULL;
        status = train_fold(own, i, threads, network, error);
        count = MIN(own->fold_count, count);
        add_points(sums, own->fold_points, count);
    }
    if (status == NNFS_OK) {
        keep_means(own, sums, count);
    }
    free(sums);
    return status;
}

static nnfs_status train(worker *own, int threads, nnfs_error *error)
{
    nnfs_network *network = NULL;
    train_run run = own->tune->data[own->trial->data];
    run.options = &own->trial->options;
    nnfs_status status = own->tune->options->folds > 0
                             ? train_folds(own, threads, &network, error)
                             : train_on(own, &run, threads, on_epoch, &network, error);
    if (status == NNFS_ERROR_DIVERGED) {
        keep_divergence(own);
    }
    nnfs_network_free(network);
    return status;
}

nnfs_status tune_train(tuning *tune, tune_trial *trial, int threads, nnfs_error *error)
{
    worker own = {.tune = tune, .trial = trial};
    return train(&own, threads, error);
}

/* ---- Which, and with how many threads ---- */

static tune_trial *next_trial(tuning *tune)
{
    while (tune->next < tune->count && tune->trials[tune->next].ended) {
        tune->next++;
    }
    if (tune->next < tune->count) {
        return &tune->trials[tune->next];
    }
    return NULL;
}

/* How many from `first` on have not ended. */
static int left_from(const tuning *tune, int first)
{
    int count = 0;
    for (int i = first; i < tune->count; i++) {
        count += !tune->trials[i].ended;
    }
    return count;
}

/* Runs left for each rank. */
static int left_for_each(const tuning *tune)
{
    int ranks = nnfs_communicator_size(tune->communicator);
    return (left_from(tune, tune->next) + ranks - 1) / ranks;
}

bool tune_has_next(tuning *tune)
{
    bool late = halving_is_late(tune) && tune->next > tune->rung_first;
    return !tune_must_stop(tune) && !late && next_trial(tune);
}

tune_trial *tune_take(tuning *tune, int free, int idle, int *threads)
{
    if (!tune_has_next(tune)) {
        return NULL;
    }
    int waiting = left_for_each(tune);
    int beginning = MIN(free, waiting);
    *threads = 1;
    if (beginning > 0 && idle > beginning) {
        *threads = idle / beginning;
    }
    return &tune->trials[tune->next++];
}

/* A run and its threads; false if there is none, or all have to stop. */
static bool take(worker *own, int *threads)
{
    tuning *tune = own->tune;
    own->trial = tune_take(tune, tune->jobs - tune->running, tune->idle, threads);
    if (!own->trial) {
        return false;
    }
    tune->idle -= *threads;
    tune->running++;
    return true;
}

static void give_back(worker *own, int threads, nnfs_status status, const nnfs_error *error)
{
    tuning *tune = own->tune;
    tune->idle += threads;
    tune->running--;
    if (status != NNFS_OK && status != NNFS_ERROR_STOPPED && status != NNFS_ERROR_DIVERGED) {
        tune_note_trouble(tune, error);
    }
    own->trial->underway = 0.0;
    if (own->trial->ended) {
        tune_progress_trial(tune, own->trial);
    }
}

static void *work(void *user)
{
    worker *own = user;
    int threads = 1;
    (void)pthread_mutex_lock(&own->tune->lock);
    while (take(own, &threads)) {
        nnfs_error error = {.status = NNFS_OK};
        (void)pthread_mutex_unlock(&own->tune->lock);
        nnfs_status status = train(own, threads, &error);
        (void)pthread_mutex_lock(&own->tune->lock);
        give_back(own, threads, status, &error);
    }
    (void)pthread_mutex_unlock(&own->tune->lock);
    return NULL;
}

/* ---- All ---- */

/* This thread works too: without memory for others it does all. */
static void work_together(tuning *tune, worker *workers)
{
    int started = 1;
    for (int i = 0; i < tune->jobs; i++) {
        workers[i].tune = tune;
    }
    pthread_t server;
    bool served = tune->communicator && pthread_create(&server, NULL, ranks_serve, tune) == 0;
    while (started < tune->jobs &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0) {
        started++;
    }
    (void)work(&workers[0]);
    for (int i = 1; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    if (served) {
        (void)pthread_join(server, NULL);
    }
}

nnfs_status tune_run(tuning *tune, nnfs_error *error)
{
    int waiting = left_from(tune, 0);
    int wanted = tune->options->jobs > 0 ? tune->options->jobs : tune->machine.threads;
    wanted = MIN(wanted, tune->machine.threads);
    tune->jobs = MIN(wanted, waiting);
    tune->idle = tune->machine.threads;
    tune->next = 0;
    worker *workers = calloc((size_t)tune->jobs + 1, sizeof *workers);
    if (!workers) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    double began = tune_clock();
    tune_progress_begin(tune);
    if (tune->jobs > 0) {
        work_together(tune, workers);
    }
    tune_progress_end(tune);
    tune->seconds += tune_clock() - began;
    free(workers);
    if (tune->stopping) {
        *error = tune->trouble;
        return tune->trouble.status;
    }
    if (signal_caught() && left_from(tune, 0) > 0) {
        return set_error(error, NNFS_ERROR_STOPPED, "stopped by %s", signal_name(signal_caught()));
    }
    return NNFS_OK;
}
