/*
 * Runs on other ranks of an MPI job. Rank 0 has the log, the report and the runs to come: a thread
 * of it gives runs to ranks that have threads idle, and takes what they tell after each epoch. The
 * others make runs as they are told, each in a thread, until there are no more.
 */
#include "common/bounds.h"
#include "common/exit.h"
#include "train/presets.h"
#include "tune/tune.h"
#include "tune/tune_log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Messages ---- */

typedef enum order_kind { ORDER_RUN, ORDER_STOP, ORDER_LEAVE } order_kind;

/* From rank 0. */
typedef struct tune_order {
    order_kind kind;
    int run;    /* index of the trial at rank 0 */
    int origin; /* index of the trial of the command line that it repeats */
    int epochs, threads;
} tune_order;

typedef enum news_kind { NEWS_READY, NEWS_POINT, NEWS_END } news_kind;

/* To rank 0. */
typedef struct tune_news {
    news_kind kind;
    int jobs, threads; /* ready: for that number of runs side by side */
    uint64_t hash;     /* ready: of the data; point: of the weights, if it is the last */
    int run;
    int run_threads; /* end: that are idle again */
    tune_point point;
    char ended[16]; /* point: why there is no other; empty before */
    nnfs_error error;
} tune_news;

static void rest(void)
{
    const struct timespec spell = {.tv_nsec = 500000};
    (void)nanosleep(&spell, NULL);
}

static bool send_order(tuning *tune, int rank, const tune_order *order, nnfs_error *error)
{
    return nnfs_communicator_send(tune->communicator, rank, order, sizeof *order, error) == NNFS_OK;
}

/* A rank that is lost shows where the next message is waited for. */
static void send_news(tuning *tune, const tune_news *news)
{
    (void)nnfs_communicator_send(tune->communicator, 0, news, sizeof *news, NULL);
}

/* ---- Rank 0 ---- */

static void take_point(tuning *tune, const tune_news *news)
{
    tune_keep_point(tune, &tune->trials[news->run], &news->point, log_ending(news->ended),
                    news->hash);
}

static void take_end(tuning *tune, tune_rank *rank, const tune_news *news)
{
    const tune_trial *trial = &tune->trials[news->run];
    nnfs_status status = news->error.status;
    rank->idle += news->run_threads;
    rank->running--;
    if (status != NNFS_OK && status != NNFS_ERROR_STOPPED && status != NNFS_ERROR_DIVERGED) {
        tune_note_trouble(tune, &news->error);
    }
    if (trial->ended) {
        tune_progress_trial(tune, trial);
    }
}

static void take_ready(tuning *tune, int number, const tune_news *news)
{
    nnfs_error error;
    tune_rank *rank = &tune->ranks[number];
    rank->jobs = news->jobs;
    rank->idle = news->threads;
    if (news->hash != nnfs_dataset_hash(tune->data[0].train.set)) {
        (void)set_error(&error, NNFS_ERROR_DATA, "rank %d: its data are not those of rank 0",
                        number);
        tune_note_trouble(tune, &error);
    }
}

static bool take_news(tuning *tune)
{
    nnfs_error error = {.status = NNFS_OK};
    tune_news news;
    int number = 0;
    size_t size = 0;
    nnfs_status status =
        nnfs_communicator_receive(tune->communicator, &number, &news, sizeof news, &size, &error);
    if (status != NNFS_OK) {
        tune_note_trouble(tune, &error);
    }
    if (status != NNFS_OK || size != sizeof news) {
        return false;
    }
    if (news.kind == NEWS_READY) {
        take_ready(tune, number, &news);
    } else if (news.kind == NEWS_POINT) {
        take_point(tune, &news);
    } else {
        take_end(tune, &tune->ranks[number], &news);
    }
    return true;
}

/* A run for a rank, if there is one and the rank has room. */
static bool give_run(tuning *tune, int number)
{
    nnfs_error error = {.status = NNFS_OK};
    tune_rank *rank = &tune->ranks[number];
    int threads = 0;
    if (rank->running >= rank->jobs || rank->idle == 0) {
        return false;
    }
    tune_trial *trial = tune_take(tune, rank->jobs - rank->running, rank->idle, &threads);
    if (!trial) {
        return false;
    }
    rank->idle -= threads;
    rank->running++;
    const tune_order order = {.kind = ORDER_RUN,
                              .run = trial->number - 1,
                              .origin = trial->origin,
                              .epochs = trial->options.train.epochs,
                              .threads = threads};
    if (!send_order(tune, number, &order, &error)) {
        tune_note_trouble(tune, &error);
    }
    return true;
}

static void tell_all(tuning *tune, order_kind kind)
{
    const tune_order order = {.kind = kind};
    nnfs_error error = {.status = NNFS_OK};
    for (int i = 1; i < nnfs_communicator_size(tune->communicator); i++) {
        if (!send_order(tune, i, &order, &error)) {
            tune_note_trouble(tune, &error);
        }
    }
}

static int runs_elsewhere(const tuning *tune)
{
    int count = 0;
    for (int i = 1; i < nnfs_communicator_size(tune->communicator); i++) {
        count += tune->ranks[i].running;
    }
    return count;
}

/* Until there is no run for other ranks any more, and they have ended theirs. */
void *ranks_serve(void *user)
{
    tuning *tune = user;
    int count = nnfs_communicator_size(tune->communicator);
    bool told = false;
    bool over = false;
    while (!over && !nnfs_communicator_lost(tune->communicator)) {
        bool busy = false;
        (void)pthread_mutex_lock(&tune->lock);
        while (take_news(tune)) {
            busy = true;
        }
        for (int i = 1; i < count; i++) {
            busy = give_run(tune, i) || busy;
        }
        if (tune_must_stop(tune) && !told) {
            tell_all(tune, ORDER_STOP);
            told = true;
        }
        over = runs_elsewhere(tune) == 0 && !tune_has_next(tune);
        (void)pthread_mutex_unlock(&tune->lock);
        if (!busy) {
            rest();
        }
    }
    if (nnfs_communicator_lost(tune->communicator)) {
        (void)pthread_mutex_lock(&tune->lock);
        (void)take_news(tune); /* which notes the error */
        (void)pthread_mutex_unlock(&tune->lock);
    }
    return NULL;
}

void ranks_dismiss(tuning *tune)
{
    if (tune->communicator && nnfs_communicator_rank(tune->communicator) == 0) {
        tell_all(tune, ORDER_LEAVE);
    }
}

/* ---- The other ranks ---- */

typedef struct remote_run {
    tuning *tune;
    tune_order order;
    tune_trial trial;
    pthread_t thread;
    bool started, done;
} remote_run;

void ranks_tell_point(tuning *tune, const tune_trial *trial, const tune_point *point,
                      const char *ended, uint64_t hash)
{
    tune_news news = {.kind = NEWS_POINT, .run = trial->number - 1, .point = *point, .hash = hash};
    if (ended) {
        (void)snprintf(news.ended, sizeof news.ended, "%s", ended);
    }
    send_news(tune, &news);
}

static void *make_run(void *user)
{
    remote_run *run = user;
    tune_news news = {.kind = NEWS_END, .run = run->order.run, .run_threads = run->order.threads};
    news.error.status = tune_train(run->tune, &run->trial, run->order.threads, &news.error);
    (void)pthread_mutex_lock(&run->tune->lock);
    run->done = true; /* before rank 0 hears of it, and gives this place another run */
    (void)pthread_mutex_unlock(&run->tune->lock);
    send_news(run->tune, &news);
    return NULL;
}

/* As rank 0 made the trial: that of the command line, or, in halving, one that repeats it. */
static void make_trial(remote_run *run)
{
    const tuning *tune = run->tune;
    const tune_trial *origin = &tune->trials[run->order.origin];
    run->trial = *origin;
    if (tune->options->halving) {
        trial_repeat(tune, origin, run->order.epochs, &run->trial);
        run->trial.data = origin->data;
        preset_fit(&run->trial.options, tune->data[origin->data].train.set);
    }
    run->trial.number = run->order.run + 1;
}

static void free_trial(remote_run *run)
{
    if (run->tune->options->halving) {
        trial_free_values(run->tune, &run->trial);
        trial_free(&run->trial);
    }
}

static void end_run(remote_run *run)
{
    (void)pthread_join(run->thread, NULL);
    free_trial(run);
    run->started = false;
}

/* A place for another run; those that are done leave theirs. */
static remote_run *free_place(remote_run *runs, int count)
{
    for (int i = 0; i < count; i++) {
        bool done = false;
        if (runs[i].started) {
            (void)pthread_mutex_lock(&runs[i].tune->lock);
            done = runs[i].done;
            (void)pthread_mutex_unlock(&runs[i].tune->lock);
        }
        if (done) {
            end_run(&runs[i]);
        }
        if (!runs[i].started) {
            return &runs[i];
        }
    }
    return NULL;
}

static void begin_run(tuning *tune, remote_run *run, const tune_order *order)
{
    tune_news news = {.kind = NEWS_END, .run = order->run, .run_threads = order->threads};
    *run = (remote_run){.tune = tune, .order = *order};
    make_trial(run);
    run->started = pthread_create(&run->thread, NULL, make_run, run) == 0;
    if (!run->started) {
        free_trial(run);
        (void)set_error(&news.error, NNFS_ERROR_MEMORY, "a thread could not be started");
        send_news(tune, &news);
    }
}

nnfs_status ranks_obey(tuning *tune, nnfs_error *error)
{
    int wanted = tune->options->jobs > 0 ? tune->options->jobs : tune->machine.threads;
    int jobs = MIN(wanted, tune->machine.threads);
    remote_run *runs = must_have(calloc((size_t)jobs, sizeof *runs));
    const tune_news ready = {.kind = NEWS_READY,
                             .jobs = jobs,
                             .threads = tune->machine.threads,
                             .hash = nnfs_dataset_hash(tune->data[0].train.set)};
    tune_order order = {.kind = ORDER_STOP};
    nnfs_status status = NNFS_OK;
    send_news(tune, &ready);
    while (status == NNFS_OK && order.kind != ORDER_LEAVE) {
        int from = 0;
        size_t size = 0;
        status = nnfs_communicator_receive(tune->communicator, &from, &order, sizeof order, &size,
                                           error);
        remote_run *place = free_place(runs, jobs);
        if (size == 0 || status != NNFS_OK) {
            rest();
        } else if (order.kind == ORDER_RUN && place) {
            begin_run(tune, place, &order);
        } else {
            (void)pthread_mutex_lock(&tune->lock);
            tune->stopping = true;
            (void)pthread_mutex_unlock(&tune->lock);
        }
    }
    if (status != NNFS_OK) {
        return status; /* the runs go on until ranks_leave ends the process */
    }
    for (int i = 0; i < jobs; i++) {
        if (runs[i].started) {
            end_run(&runs[i]);
        }
    }
    free(runs);
    return NNFS_OK;
}
