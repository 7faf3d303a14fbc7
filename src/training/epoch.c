/* Epochs: all samples once, in a fresh random order, with reports and checkpoints on the way. */
#include "training/epoch.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "data/augment/dataset_augment.h"
#include "data/batch.h"
#include "training/checkpoints.h"
#include "training/divergence.h"

#include <math.h>
#include <string.h>

/* What an epoch reports while it runs. */
typedef struct epoch_watch {
    nnfs_trainer *trainer;
    double began;  /* its beginning, had it not been interrupted */
    int64_t steps; /* in the epoch */
    double saving; /* seconds that went into checkpoints */
} epoch_watch;

#define PROGRESS_SECONDS 0.1

static double accuracy_of(const step_run *run)
{
    if (dataset_has_labels(run->dataset)) {
        return (double)run->sums.correct / (double)run->sums.samples;
    }
    return (double)NAN;
}

static double mean_loss(const step_run *run)
{
    return run->sums.loss / network_loss_terms(run->network, run->sums.samples);
}

static double seconds_so_far(const epoch_watch *watch)
{
    return clock_seconds() - watch->began - watch->saving;
}

static int report_progress(const step_run *run)
{
    const epoch_watch *watch = run->user;
    nnfs_progress progress = {
        .epoch = watch->trainer->epochs + 1,
        .step = run->sums.steps,
        .steps = watch->steps,
        .loss = mean_loss(run),
        .accuracy = accuracy_of(run),
        .seconds = seconds_so_far(watch),
        .samples = run->sums.samples,
    };
    return run->settings->on_progress(run->settings->user, &progress);
}

/* Writes a checkpoint if one is due and sets the next due step. */
static void save_if_due(step_run *run, bool stopping)
{
    epoch_watch *watch = run->user;
    nnfs_trainer *trainer = watch->trainer;
    int64_t before = run->updates - run->sums.steps; /* of the steps of this epoch */
    trainer->steps = run->updates;
    if (stopping || checkpoints_due(trainer->checkpoints, trainer)) {
        double began = clock_seconds();
        resume_point point = {run->finished, seconds_so_far(watch)};
        checkpoints_save(trainer->checkpoints, trainer, &point);
        watch->saving += clock_seconds() - began;
    }
    int64_t next = checkpoints_next_step(trainer->checkpoints, trainer);
    if (next > 0) {
        run->watch_at = next - before;
    } else {
        run->watch_at = 0;
    }
}

static int watch_epoch(step_run *run)
{
    const epoch_watch *watch = run->user;
    int stop = 0;
    if (run->settings->on_progress) {
        stop = report_progress(run);
    }
    if (watch->trainer->checkpoints) {
        save_if_due(run, run->exchange ? run->stopping : stop != 0);
    }
    return stop;
}

static void fill_epoch(const step_run *run, const epoch_watch *watch, nnfs_epoch *epoch)
{
    double seconds = seconds_so_far(watch);
    double rate = (double)run->sums.samples / seconds;
    *epoch = (nnfs_epoch){
        .epoch = watch->trainer->epochs + 1,
        .train_loss = mean_loss(run),
        .train_accuracy = accuracy_of(run),
        .validation = EVALUATION_NONE,
        .test = EVALUATION_NONE,
        .learning_rate = (double)step_run_rate(run, run->sums.steps - 1),
        .seconds = seconds,
        .samples_per_second = rate,
        .gflops = 1e-9 * rate * nnfs_network_flops_step(run->network),
    };
}

/* Samples a step; the whole dataset if it has no more. */
static int64_t batch_of(const nnfs_trainer *trainer, const nnfs_dataset *dataset)
{
    int64_t batch = trainer->settings.batch;
    if (batch == 0 || batch > dataset->samples) {
        return dataset->samples;
    }
    return batch;
}

/* The first rank with a loss that is not finite says what was wrong, to all; an update is
 * wrong on all. */
static nnfs_status fail_together(const nnfs_trainer *trainer, const step_run *run,
                                 nnfs_error *error)
{
    nnfs_communicator *communicator = trainer->settings.communicator;
    bool knows = run->bad_here || run->bad_layer >= 0;
    nnfs_error own = {.status = NNFS_OK};
    nnfs_status status = fail_diverged(trainer, run, error);
    if (knows) {
        own = *error;
    }
    (void)nnfs_communicator_agree(communicator, own.status, &own);
    if (nnfs_communicator_lost(communicator)) {
        return communicator_error(communicator, error);
    }
    if (own.status != NNFS_OK) {
        *error = own;
    }
    return status;
}

/* What is left of a run that diverged: the last parameters that are known to be good. */
static nnfs_status fail_epoch(nnfs_trainer *trainer, const step_run *run, nnfs_error *error)
{
    /* A huge update may have been finite: only the loss of the next step tells. */
    bool began_well = run->sums.steps > run->resumed.steps;
    memcpy(trainer->network->parameters, began_well ? trainer->epoch_start : trainer->last_good,
           trainer->network->parameter_floats * sizeof(float));
    if (trainer->has_ranks) {
        return fail_together(trainer, run, error);
    }
    return fail_diverged(trainer, run, error);
}

/* ---- A pass over the data ---- */

typedef struct pass {
    step_run run;
    epoch_watch watch;
    uint32_t *order;   /* [samples] of its own; NULL: as they are */
    augment *distorts; /* of its own, or NULL */
} pass;

/* A random order; a step over all samples is a sum, which needs none. */
static nnfs_status begin_order(const nnfs_trainer *trainer, pass *p, nnfs_error *error)
{
    uint32_t samples = (uint32_t)p->run.dataset->samples;
    if (p->run.batch == p->run.dataset->samples) {
        return NNFS_OK;
    }
    p->order = memory_alloc(samples, sizeof *p->order);
    if (!p->order) {
        return fail_memory(error, samples * sizeof *p->order, "the order of the samples");
    }
    random_permutation((random_key){trainer->settings.seed, RANDOM_ORDER},
                       (uint32_t)trainer->epochs, p->order, samples);
    p->run.order = p->order;
    dataset_expect_order(p->run.dataset, true);
    return NNFS_OK;
}

static nnfs_status begin_augment(const nnfs_trainer *trainer, pass *p, nnfs_error *error)
{
    const nnfs_train_settings *settings = &trainer->settings;
    step_run *run = &p->run;
    if (!settings->augment[0]) {
        return NNFS_OK;
    }
    nnfs_status status = dataset_augment_create(run->dataset, settings->augment, settings->seed,
                                                &p->distorts, error);
    if (status != NNFS_OK) {
        return status;
    }
    if (augment_mixes(p->distorts) && trainer->network->members > 1) {
        return fail(error, NNFS_ERROR_ARGUMENT, "mixup is for networks with one member");
    }
    run->augment = p->distorts;
    run->augment_floats = dataset_augment_floats(run->dataset, p->distorts);
    size_t floats = size_mul(run->augment_floats, (size_t)trainer->threads);
    run->augment_scratch = memory_alloc(floats, sizeof(float));
    if (!run->augment_scratch) {
        return fail_memory(error, size_mul(floats, sizeof(float)), "augmentations");
    }
    return NNFS_OK;
}

/* What the steps need; pass_free frees it, also after an error. */
static nnfs_status begin_pass(nnfs_trainer *trainer, const nnfs_dataset *dataset, pass *p,
                              nnfs_error *error)
{
    int64_t batch = batch_of(trainer, dataset);
    p->watch = (epoch_watch){.trainer = trainer,
                             .began = clock_seconds() - trainer->resumed.seconds,
                             .steps = (dataset->samples + batch - 1) / batch};
    p->run = trainer_run(trainer, dataset, batch);
    step_run *run = &p->run;
    run->needs = RUN_FORWARD | RUN_LOSS | RUN_GRADIENT | RUN_UPDATE;
    run->resumed = trainer->resumed.sums;
    if (trainer->settings.on_progress || trainer->checkpoints) {
        run->watch = watch_epoch;
    }
    run->watch_every = PROGRESS_SECONDS;
    run->watch_at = checkpoints_next_step(trainer->checkpoints, trainer);
    if (run->watch_at > 0) {
        run->watch_at -= trainer->steps - run->resumed.steps;
    }
    run->user = &p->watch;
    TRY(begin_order(trainer, p, error));
    return begin_augment(trainer, p, error);
}

static void pass_free(pass *p)
{
    if (p->run.order) {
        dataset_expect_order(p->run.dataset, false);
    }
    memory_free(p->order);
    memory_free(p->run.augment_scratch);
    augment_free(p->distorts);
}

/* What became of the steps. */
static nnfs_status end_pass(nnfs_trainer *trainer, const pass *p, nnfs_epoch *epoch,
                            nnfs_error *error)
{
    const step_run *run = &p->run;
    trainer->steps = run->updates;
    if (run->lost) {
        return communicator_error(trainer->settings.communicator, error);
    }
    if (run->diverged) {
        return fail_epoch(trainer, run, error);
    }
    if (run->stopped) {
        return fail(error, NNFS_ERROR_STOPPED, "stopped in epoch %d after %lld of %lld batches",
                    trainer->epochs + 1, (long long)run->sums.steps, (long long)p->watch.steps);
    }
    float *good = trainer->epoch_start;
    trainer->epoch_start = trainer->last_good;
    trainer->last_good = good;
    fill_epoch(run, &p->watch, epoch);
    trainer->epochs++;
    return NNFS_OK;
}

nnfs_status epoch_pass(nnfs_trainer *trainer, const nnfs_dataset *dataset, nnfs_epoch *epoch,
                       nnfs_error *error)
{
    nnfs_status status = network_check_fit(trainer->network, dataset, error);
    if (status != NNFS_OK) {
        return status;
    }
    pass p = {.order = NULL};
    status = begin_pass(trainer, dataset, &p, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    memcpy(trainer->epoch_start, trainer->network->parameters,
           trainer->network->parameter_floats * sizeof(float));
    trainer->resumed = (resume_point){0};
    step_run_all(&p.run);
    status = end_pass(trainer, &p, epoch, error);
cleanup:
    pass_free(&p);
    return status;
}

nnfs_status nnfs_trainer_epoch(nnfs_trainer *trainer, const nnfs_dataset *dataset,
                               nnfs_epoch *epoch, nnfs_error *error)
{
    if (!trainer || !dataset) {
        return fail_null(error, trainer ? "dataset" : "trainer");
    }
    nnfs_epoch unwanted = {0};
    nnfs_epoch *result = epoch;
    if (!epoch) {
        result = &unwanted;
    }
    TRY(epoch_pass(trainer, dataset, result, error));
    schedule_note(&trainer->schedule, &trainer->settings, result->train_loss);
    return NNFS_OK;
}
