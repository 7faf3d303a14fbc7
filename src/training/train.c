/* A whole training run: epochs, the evaluations between them, checkpoints, and what it came to. */
#include "optim/monitor.h"
#include "table/preprocessing.h"
#include "training/checkpoints.h"
#include "training/early_stopping.h"
#include "training/epoch.h"

/* A training run in progress. */
typedef struct training {
    nnfs_trainer *trainer;
    const nnfs_dataset *train, *validation, *test;
    nnfs_summary *summary;
    checkpoints saved;
    bool measured; /* summary->validation and test are of the network as it is */
} training;

static nnfs_status evaluate_if(const training *t, const nnfs_dataset *dataset,
                               nnfs_evaluation *evaluation, nnfs_error *error)
{
    if (!dataset) {
        return NNFS_OK;
    }
    return nnfs_evaluate(t->trainer->network, dataset, t->trainer->settings.threads, evaluation,
                         error);
}

/* Why the run ends here; NULL: it goes on. */
static const char *end_of(const training *t, bool reached)
{
    if (reached) {
        return "accuracy";
    }
    if (stopping_is_due(t->trainer)) {
        return "patience";
    }
    if (t->trainer->epochs >= t->trainer->settings.epochs) {
        return "epochs";
    }
    return NULL;
}

/* One epoch with its evaluations; *done: it was the last one. */
static nnfs_status run_epoch(training *t, bool *done, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    nnfs_epoch epoch = {.ended = NULL};
    nnfs_status status = epoch_pass(t->trainer, t->train, &epoch, error);
    if (status == NNFS_OK) {
        t->summary->epochs++;
        t->summary->seconds += epoch.seconds;
        status = evaluate_if(t, t->validation, &epoch.validation, error);
    }
    if (status == NNFS_OK) {
        schedule_note(&t->trainer->schedule, settings,
                      t->validation ? epoch.validation.loss : epoch.train_loss);
        status = evaluate_if(t, t->test, &epoch.test, error);
    }
    if (status == NNFS_OK) {
        t->summary->validation = epoch.validation;
        t->summary->test = epoch.test;
        t->measured = true;
    }
    const nnfs_evaluation *judged = t->validation ? &epoch.validation : &epoch.test;
    bool reached = status == NNFS_OK && settings->until_accuracy > 0.0 &&
                   judged->accuracy >= settings->until_accuracy;
    double score = epoch.train_loss;
    if (t->validation) {
        score = monitor_score(settings->monitor, &epoch.validation);
    }
    if (status == NNFS_OK && t->validation) {
        stopping_note(t->trainer, score, reached);
    }
    if (status == NNFS_OK) {
        epoch.ended = end_of(t, reached);
    }
    if (epoch.ended) {
        stopping_finish(t->trainer);
    }
    bool stopped =
        status == NNFS_OK && settings->on_epoch && settings->on_epoch(settings->user, &epoch) != 0;
    if (status == NNFS_OK && t->trainer->checkpoints) {
        t->saved.reached = reached;
        t->saved.finished = !stopped && epoch.ended;
        t->saved.seconds = t->summary->seconds;
        checkpoints_epoch(&t->saved, t->trainer, score, stopped);
    }
    if (stopped) {
        return fail(error, NNFS_ERROR_STOPPED, "stopped after epoch %d", epoch.epoch);
    }
    *done = epoch.ended != NULL;
    if (*done) {
        t->summary->reason = epoch.ended;
    }
    return status;
}

static void fill_rates(training *t)
{
    nnfs_summary *s = t->summary;
    double seen = (double)s->epochs * (double)t->train->samples;
    if (s->seconds > 0.0) {
        s->samples_per_second = seen / s->seconds;
    } else {
        s->samples_per_second = 0.0;
    }
    s->gflops = 1e-9 * s->samples_per_second * nnfs_network_flops_step(t->trainer->network);
}

/*
 * How good the network is now. After the last epoch, validation and test have just been measured; after a
 * stop or a divergence, or where an earlier epoch was better, it is another network; but who stops a run
 * does not want to wait for the training set.
 */
static nnfs_status finish(training *t, nnfs_status status, nnfs_error *error)
{
    nnfs_summary *s = t->summary;
    fill_rates(t);
    s->best_epoch = t->trainer->stopping.epoch;
    t->measured = t->measured && (s->best_epoch == 0 || s->best_epoch == s->epochs);
    stopping_finish(t->trainer);
    if (status == NNFS_OK) {
        status = evaluate_if(t, t->train, &s->train, error);
        if (status == NNFS_OK && !t->measured) {
            status = evaluate_if(t, t->validation, &s->validation, error);
        }
        if (status == NNFS_OK && !t->measured) {
            return evaluate_if(t, t->test, &s->test, error);
        }
        return status;
    }
    if (status == NNFS_ERROR_STOPPED || status == NNFS_ERROR_DIVERGED) {
        if (status == NNFS_ERROR_STOPPED) {
            s->reason = "stopped";
        } else {
            s->reason = "diverged";
        }
        (void)evaluate_if(t, t->validation, &s->validation, NULL);
        (void)evaluate_if(t, t->test, &s->test, NULL);
    }
    return status;
}

/* All fit the network, and each other: it will have the preprocessing of the training data. */
static nnfs_status check_datasets(const training *t, const nnfs_network *network, nnfs_error *error)
{
    const nnfs_dataset *all[] = {t->train, t->validation, t->test};
    const nnfs_preprocessing *own = nnfs_dataset_preprocessing(t->train);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        nnfs_status status = NNFS_OK;
        if (all[i]) {
            status = network_check_fit(network, all[i], error);
        }
        if (status != NNFS_OK) {
            return status;
        }
        const nnfs_preprocessing *other = NULL;
        if (all[i]) {
            other = nnfs_dataset_preprocessing(all[i]);
        }
        if (own && other && !preprocessing_equal(own, other)) {
            return fail(error, NNFS_ERROR_DATA,
                        "the %s data was prepared otherwise than the training data",
                        all[i] == t->test ? "test" : "validation");
        }
    }
    return NNFS_OK;
}

/* A network that has a preprocessing has this one: its inputs' weights are not to be touched again. */
static nnfs_status adopt_preprocessing(nnfs_network *network, const nnfs_dataset *train,
                                       nnfs_error *error)
{
    const nnfs_preprocessing *own = nnfs_dataset_preprocessing(train);
    if (own && !nnfs_network_preprocessing(network)) {
        return nnfs_network_set_preprocessing(network, own, error);
    }
    return NNFS_OK;
}

/* Early stopping needs validation data, and a measure that they have. */
static nnfs_status check_monitor(const training *t, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    bool chosen = settings->monitor != NNFS_MONITOR_AUTO;
    nnfs_evaluation before;
    if (!t->validation && (chosen || settings->patience > 0)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s needs validation data",
                    chosen ? "monitor" : "patience");
    }
    nnfs_status status = NNFS_OK;
    if (chosen) {
        status = evaluate_if(t, t->validation, &before, error);
    }
    if (status == NNFS_OK && chosen && isnan(monitor_score(settings->monitor, &before))) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the validation data have no %s to monitor",
                    nnfs_monitor_name(settings->monitor));
    }
    return status;
}

/* The run's checkpoints, and where the one that it goes on from stands; *done where that was its end. */
static nnfs_status begin(training *t, bool *done, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    const nnfs_checkpoint *resume = settings->resume;
    nnfs_status status = NNFS_OK;
    if (t->validation) {
        status = stopping_begin(t->trainer, error);
    }
    if (status == NNFS_OK && !resume) {
        status = check_monitor(t, error);
    }
    if (status == NNFS_OK && (settings->checkpoint_folder || resume)) {
        status = checkpoints_begin(&t->saved, t->trainer, t->train, t->validation, t->test, error);
    }
    if (status == NNFS_OK && resume) {
        status = checkpoints_restore(&t->saved, t->trainer, resume, error);
        t->summary->epochs = t->trainer->epochs;
        t->summary->seconds = t->saved.seconds;
    }
    if (status == NNFS_OK && resume && end_of(t, t->saved.reached)) {
        t->summary->reason = end_of(t, t->saved.reached);
        *done = true;
    }
    if (status == NNFS_OK && settings->checkpoint_folder) {
        t->trainer->checkpoints = &t->saved;
    }
    return status;
}

nnfs_status nnfs_train(nnfs_network *network, const nnfs_dataset *train,
                       const nnfs_dataset *validation, const nnfs_dataset *test,
                       const nnfs_train_settings *settings, nnfs_summary *summary,
                       nnfs_error *error)
{
    if (!network || !train || !settings) {
        return fail_null(error, "network, train or settings");
    }
    nnfs_summary unwanted = {0};
    training t = {.train = train,
                  .validation = validation,
                  .test = test,
                  .summary = summary ? summary : &unwanted,
                  .saved = {.lock = -1}};
    *t.summary = (nnfs_summary){.reason = "epochs",
                                .train = EVALUATION_NONE,
                                .validation = EVALUATION_NONE,
                                .test = EVALUATION_NONE};
    nnfs_status status = check_datasets(&t, network, error);
    if (status == NNFS_OK) {
        status = adopt_preprocessing(network, train, error);
    }
    if (status == NNFS_OK) {
        status = nnfs_trainer_create(network, settings, &t.trainer, error);
    }
    bool done = false;
    if (status == NNFS_OK) {
        status = begin(&t, &done, error);
    }
    if (status != NNFS_OK) {
        checkpoints_free(&t.saved);
        nnfs_trainer_free(t.trainer);
        return status;
    }
    while (status == NNFS_OK && !done && t.summary->epochs < t.trainer->settings.epochs) {
        status = run_epoch(&t, &done, error);
    }
    if (status == NNFS_OK && t.trainer->checkpoints) {
        checkpoints_end(&t.saved, t.trainer); /* of a run without an epoch */
    }
    status = finish(&t, status, error);
    t.summary->checkpoint = t.saved.failed;
    checkpoints_free(&t.saved);
    nnfs_trainer_free(t.trainer);
    return status;
}
