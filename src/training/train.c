/*
 * Training: epochs over a dataset in a fresh order each, evaluations between them, and the sentence
 * to say when a run diverges.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "data/preprocessing.h"
#include "training/step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- What went wrong ---- */

/* The first value of a [rows x columns] matrix that is not finite, or -1. */
static int64_t find_not_finite(const float *values, int rows, int columns)
{
    int64_t count = (int64_t)rows * columns;
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return i;
        }
    }
    return -1;
}

/* Which sample of the dataset stands in a column of the chunk that diverged. */
static long long sample_of(const step_run *run, int64_t column)
{
    int64_t at = run->bad_first + column;
    return (long long)(run->order ? run->order[at] : at);
}

/* What to try, after where and what. Before the first update no learning rate is to blame. */
static nnfs_status fail_with_advice(const step_run *run, const char *what, nnfs_error *error)
{
    const nnfs_trainer *trainer = run->trainer;
    if (trainer->steps == 0) {
        return fail(
            error, NNFS_ERROR_DIVERGED,
            "%s with the weights as they were initially; try smaller ones, or look at the data",
            what);
    }
    double rate = (double)trainer->settings.learning_rate;
    double standard = (double)optimizer_of(trainer->settings.optimizer)->learning_rate;
    return fail(error, NNFS_ERROR_DIVERGED, "%s; try a learning rate of %g or less", what,
                rate > standard ? standard : rate / 10.0);
}

/* A value among the inputs or targets that is not finite: which, and in which sample. */
static nnfs_status fail_bad_value(const step_run *run, const char *where, const char *what,
                                  int64_t at, int rows, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_DIVERGED, "%s: %s %lld of sample %lld is not finite", where, what,
                (long long)(at % rows), sample_of(run, at / rows));
}

/* The chunk's buffers still hold what was computed: says where it first stopped being finite. */
static nnfs_status fail_diverged(const step_run *run, nnfs_error *error)
{
    const nnfs_trainer *trainer = run->trainer;
    const nnfs_network *network = trainer->network;
    int outputs = network_output(network)->out;
    char where[64];
    char what[128];
    (void)snprintf(where, sizeof where, "epoch %d, batch %lld", trainer->epochs + 1,
                   (long long)(run->steps + 1));
    int64_t bad = find_not_finite(trainer->input, network->inputs, run->bad_count);
    if (bad >= 0) {
        return fail_bad_value(run, where, "feature", bad, network->inputs, error);
    }
    bad = run->dataset->parts.targets ? find_not_finite(trainer->targets, outputs, run->bad_count)
                                      : -1;
    if (bad >= 0) {
        return fail_bad_value(run, where, "target", bad, outputs, error);
    }
    if (run->bad_layer >= 0) {
        (void)snprintf(what, sizeof what, "%s: the gradient of layer %d is not finite", where,
                       run->bad_layer + 1);
        return fail_with_advice(run, what, error);
    }
    int layer = 0;
    while (layer + 1 < network->layer_count &&
           find_not_finite(trainer->pass.a[layer], network->layers[layer].out, run->bad_count) <
               0) {
        layer++;
    }
    (void)snprintf(what, sizeof what, "%s: the loss is not finite, beginning in layer %d", where,
                   layer + 1);
    return fail_with_advice(run, what, error);
}

/* ---- One batch at a time ---- */

static nnfs_status run_arrays(nnfs_trainer *trainer, const nnfs_arrays *batch, bool update,
                              double *loss, nnfs_error *error)
{
    nnfs_status status = dataset_check_arrays(batch, error);
    if (status != NNFS_OK) {
        return status;
    }
    nnfs_dataset dataset;
    dataset_view(batch, &dataset);
    status = network_check_fit(trainer->network, &dataset, error);
    if (status != NNFS_OK) {
        return status;
    }
    step_run run = {
        .trainer = trainer, .dataset = &dataset, .batch = batch->samples, .update = update};
    step_run_all(&run);
    if (run.diverged) {
        return fail_diverged(&run, error);
    }
    if (loss) {
        *loss = run.loss / network_loss_terms(trainer->network, run.samples);
    }
    return NNFS_OK;
}

nnfs_status nnfs_trainer_step(nnfs_trainer *trainer, const nnfs_arrays *batch, double *loss,
                              nnfs_error *error)
{
    return run_arrays(trainer, batch, true, loss, error);
}

nnfs_status nnfs_trainer_gradient(nnfs_trainer *trainer, const nnfs_arrays *batch, double *loss,
                                  nnfs_error *error)
{
    return run_arrays(trainer, batch, false, loss, error);
}

nnfs_status nnfs_trainer_update(nnfs_trainer *trainer, nnfs_error *error)
{
    if (!step_update_all(trainer)) {
        return fail(error, NNFS_ERROR_DIVERGED, "an update of the weights is not finite");
    }
    return NNFS_OK;
}

/* ---- One epoch at a time ---- */

/* What an epoch reports while it runs. */
typedef struct epoch_watch {
    double began;
    int64_t steps; /* in the epoch */
} epoch_watch;

#define PROGRESS_SECONDS 0.1

static double accuracy_of(const step_run *run)
{
    return run->dataset->parts.labels ? (double)run->correct / (double)run->samples : NAN;
}

static double mean_loss(const step_run *run)
{
    return run->loss / network_loss_terms(run->trainer->network, run->samples);
}

static int report_progress(step_run *run)
{
    const nnfs_train_settings *settings = &run->trainer->settings;
    const epoch_watch *watch = run->user;
    nnfs_progress progress = {
        .epoch = run->trainer->epochs + 1,
        .step = run->steps,
        .steps = watch->steps,
        .loss = mean_loss(run),
        .accuracy = accuracy_of(run),
        .seconds = clock_seconds() - watch->began,
        .samples = run->samples,
    };
    return settings->on_progress(settings->user, &progress);
}

static void fill_epoch(const step_run *run, double seconds, nnfs_epoch *epoch)
{
    const nnfs_trainer *trainer = run->trainer;
    double rate = (double)run->samples / seconds;
    *epoch = (nnfs_epoch){
        .epoch = trainer->epochs + 1,
        .train_loss = mean_loss(run),
        .train_accuracy = accuracy_of(run),
        .validation = EVALUATION_NONE,
        .test = EVALUATION_NONE,
        .learning_rate = (double)step_rate(run, run->steps - 1),
        .seconds = seconds,
        .samples_per_second = rate,
        .gflops = 1e-9 * rate * nnfs_network_flops_step(trainer->network),
    };
}

/* The steps of an epoch in the order given, and what became of them. */
static nnfs_status run_order(nnfs_trainer *trainer, const nnfs_dataset *dataset,
                             const uint32_t *order, double began, nnfs_epoch *epoch,
                             nnfs_error *error)
{
    nnfs_network *network = trainer->network;
    size_t bytes = network->parameter_floats * sizeof(float);
    int64_t samples = dataset->samples;
    int64_t batch = trainer->settings.batch;
    batch = batch == 0 || batch > samples ? samples : batch;
    epoch_watch watch = {began, (samples + batch - 1) / batch};
    step_run run = {.trainer = trainer,
                    .dataset = dataset,
                    .order = order,
                    .batch = batch,
                    .update = true,
                    .watch = trainer->settings.on_progress ? report_progress : NULL,
                    .watch_every = PROGRESS_SECONDS,
                    .user = &watch};
    memcpy(trainer->found, network->parameters, bytes);
    step_run_all(&run);
    if (run.diverged) {
        /* A huge update may have been finite: only the loss of the next step tells. */
        memcpy(network->parameters, run.steps > 0 ? trainer->found : trainer->good, bytes);
        return fail_diverged(&run, error);
    }
    if (run.stopped) {
        return fail(error, NNFS_ERROR_STOPPED, "stopped in epoch %d after %lld of %lld batches",
                    trainer->epochs + 1, (long long)run.steps, (long long)watch.steps);
    }
    float *well = trainer->found;
    trainer->found = trainer->good;
    trainer->good = well;
    fill_epoch(&run, clock_seconds() - began, epoch);
    trainer->epochs++;
    return NNFS_OK;
}

/* The epoch, without what the schedule learns from it. */
static nnfs_status pass_over(nnfs_trainer *trainer, const nnfs_dataset *dataset, nnfs_epoch *epoch,
                             nnfs_error *error)
{
    nnfs_status status = network_check_fit(trainer->network, dataset, error);
    if (status != NNFS_OK) {
        return status;
    }
    uint32_t samples = (uint32_t)dataset->samples;
    uint32_t *order = memory_alloc(samples, sizeof *order);
    if (!order) {
        return fail_memory(error, samples * sizeof *order, "the order of the samples");
    }
    double began = clock_seconds();
    random_permutation((random_key){trainer->settings.seed, RANDOM_ORDER},
                       (uint32_t)trainer->epochs, order, samples);
    status = run_order(trainer, dataset, order, began, epoch, error);
    memory_free(order);
    return status;
}

nnfs_status nnfs_trainer_epoch(nnfs_trainer *trainer, const nnfs_dataset *dataset,
                               nnfs_epoch *epoch, nnfs_error *error)
{
    nnfs_epoch unwanted = {0};
    nnfs_epoch *result = epoch ? epoch : &unwanted;
    nnfs_status status = pass_over(trainer, dataset, result, error);
    if (status == NNFS_OK) {
        schedule_note(&trainer->schedule, &trainer->settings, result->train_loss);
    }
    return status;
}

/* ---- The whole run ---- */

/* A training run in progress. */
typedef struct training {
    nnfs_trainer *trainer;
    const nnfs_dataset *train, *validation, *test;
    nnfs_summary *summary;
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

/* One epoch with its evaluations; *done when there is to be no further one. */
static nnfs_status run_epoch(training *t, bool *done, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    nnfs_epoch epoch;
    nnfs_status status = pass_over(t->trainer, t->train, &epoch, error);
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
    }
    if (status == NNFS_OK && settings->on_epoch &&
        settings->on_epoch(settings->user, &epoch) != 0) {
        status = fail(error, NNFS_ERROR_STOPPED, "stopped after epoch %d", epoch.epoch);
    }
    if (status == NNFS_OK && settings->until_accuracy > 0.0 &&
        epoch.test.accuracy >= settings->until_accuracy) {
        t->summary->reason = "accuracy";
        *done = true;
    }
    return status;
}

static void fill_rates(training *t)
{
    nnfs_summary *s = t->summary;
    double seen = (double)s->epochs * (double)t->train->samples;
    s->samples_per_second = s->seconds > 0.0 ? seen / s->seconds : 0.0;
    s->gflops = 1e-9 * s->samples_per_second * nnfs_network_flops_step(t->trainer->network);
}

/*
 * How good the network is now. After the last epoch, validation and test have just been measured; after a
 * stop or a divergence it is another network, but who stops a run does not want to wait for the training
 * set.
 */
static nnfs_status finish(training *t, nnfs_status status, nnfs_error *error)
{
    nnfs_summary *s = t->summary;
    fill_rates(t);
    if (status == NNFS_OK) {
        bool measured = s->epochs > 0;
        status = evaluate_if(t, t->train, &s->train, error);
        status = status == NNFS_OK && !measured
                     ? evaluate_if(t, t->validation, &s->validation, error)
                     : status;
        return status == NNFS_OK && !measured ? evaluate_if(t, t->test, &s->test, error) : status;
    }
    if (status == NNFS_ERROR_STOPPED || status == NNFS_ERROR_DIVERGED) {
        s->reason = status == NNFS_ERROR_STOPPED ? "stopped" : "diverged";
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
        nnfs_status status = all[i] ? network_check_fit(network, all[i], error) : NNFS_OK;
        if (status != NNFS_OK) {
            return status;
        }
        const nnfs_preprocessing *other = all[i] ? nnfs_dataset_preprocessing(all[i]) : NULL;
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
    return own && !nnfs_network_preprocessing(network)
               ? nnfs_network_set_preprocessing(network, own, error)
               : NNFS_OK;
}

nnfs_status nnfs_train(nnfs_network *network, const nnfs_dataset *train,
                       const nnfs_dataset *validation, const nnfs_dataset *test,
                       const nnfs_train_settings *settings, nnfs_summary *summary,
                       nnfs_error *error)
{
    nnfs_summary unwanted;
    training t = {NULL, train, validation, test, summary ? summary : &unwanted};
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
    while (status == NNFS_OK && !done && t.summary->epochs < t.trainer->settings.epochs) {
        status = run_epoch(&t, &done, error);
    }
    if (t.trainer) {
        status = finish(&t, status, error);
    }
    nnfs_trainer_free(t.trainer);
    return status;
}
