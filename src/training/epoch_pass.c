/* Training by hand: a batch or an epoch at a time, each epoch in a fresh random order. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "training/checkpoints.h"
#include "training/divergence.h"
#include "training/epoch.h"

#include <math.h>
#include <string.h>

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
    double began;  /* its beginning, had it not been interrupted */
    int64_t steps; /* in the epoch */
    double saving; /* seconds that went into checkpoints */
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

static double seconds_so_far(const epoch_watch *watch)
{
    return clock_seconds() - watch->began - watch->saving;
}

static int report_progress(const step_run *run)
{
    const nnfs_train_settings *settings = &run->trainer->settings;
    const epoch_watch *watch = run->user;
    nnfs_progress progress = {
        .epoch = run->trainer->epochs + 1,
        .step = run->steps,
        .steps = watch->steps,
        .loss = mean_loss(run),
        .accuracy = accuracy_of(run),
        .seconds = seconds_so_far(watch),
        .samples = run->samples,
    };
    return settings->on_progress(settings->user, &progress);
}

/* Saves what is to be saved, and says when to look again. */
static void save_if_due(step_run *run, bool stopping)
{
    nnfs_trainer *trainer = run->trainer;
    epoch_watch *watch = run->user;
    int64_t before = trainer->steps - run->steps; /* of the steps of this epoch */
    if (stopping || checkpoints_due(trainer->checkpoints, trainer)) {
        double began = clock_seconds();
        epoch_part part = {run->whole, seconds_so_far(watch)};
        checkpoints_save(trainer->checkpoints, trainer, &part);
        watch->saving += clock_seconds() - began;
    }
    int64_t next = checkpoints_next_step(trainer->checkpoints, trainer);
    run->watch_at = next > 0 ? next - before : 0;
}

static int watch_epoch(step_run *run)
{
    const nnfs_trainer *trainer = run->trainer;
    int stop = trainer->settings.on_progress ? report_progress(run) : 0;
    if (trainer->checkpoints) {
        save_if_due(run, stop != 0);
    }
    return stop;
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

/* Samples a step; the whole set where it has no more. */
static int64_t batch_of(const nnfs_trainer *trainer, const nnfs_dataset *dataset)
{
    int64_t batch = trainer->settings.batch;
    return batch == 0 || batch > dataset->samples ? dataset->samples : batch;
}

/* The steps of an epoch in the order given (NULL: as they are), and what became of them. */
static nnfs_status run_order(nnfs_trainer *trainer, const nnfs_dataset *dataset,
                             const uint32_t *order, double began, nnfs_epoch *epoch,
                             nnfs_error *error)
{
    nnfs_network *network = trainer->network;
    size_t bytes = network->parameter_floats * sizeof(float);
    int64_t samples = dataset->samples;
    int64_t batch = batch_of(trainer, dataset);
    epoch_watch watch = {.began = began - trainer->begun.seconds,
                         .steps = (samples + batch - 1) / batch};
    step_run run = {.trainer = trainer,
                    .dataset = dataset,
                    .order = order,
                    .batch = batch,
                    .update = true,
                    .begun = trainer->begun.sums,
                    .watch =
                        trainer->settings.on_progress || trainer->checkpoints ? watch_epoch : NULL,
                    .watch_every = PROGRESS_SECONDS,
                    .watch_at = checkpoints_next_step(trainer->checkpoints, trainer),
                    .user = &watch};
    run.watch_at -= run.watch_at > 0 ? trainer->steps - run.begun.steps : 0;
    memcpy(trainer->found, network->parameters, bytes);
    trainer->begun = (epoch_part){0};
    step_run_all(&run);
    if (run.diverged) {
        /* A huge update may have been finite: only the loss of the next step tells. */
        memcpy(network->parameters, run.steps > run.begun.steps ? trainer->found : trainer->good,
               bytes);
        return fail_diverged(&run, error);
    }
    if (run.stopped) {
        return fail(error, NNFS_ERROR_STOPPED, "stopped in epoch %d after %lld of %lld batches",
                    trainer->epochs + 1, (long long)run.steps, (long long)watch.steps);
    }
    float *well = trainer->found;
    trainer->found = trainer->good;
    trainer->good = well;
    fill_epoch(&run, seconds_so_far(&watch), epoch);
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
    double began = clock_seconds();
    if (batch_of(trainer, dataset) == dataset->samples) {
        return run_order(trainer, dataset, NULL, began, epoch, error); /* a sum over all */
    }
    uint32_t samples = (uint32_t)dataset->samples;
    uint32_t *order = memory_alloc(samples, sizeof *order);
    if (!order) {
        return fail_memory(error, samples * sizeof *order, "the order of the samples");
    }
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
    nnfs_status status = epoch_pass(trainer, dataset, result, error);
    if (status == NNFS_OK) {
        schedule_note(&trainer->schedule, &trainer->settings, result->train_loss);
    }
    return status;
}
