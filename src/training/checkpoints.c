/* Checkpoints written, kept and gone on from. */
#include "training/checkpoints.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/minmax.h"
#include "optim/optimizer.h"
#include "optim/train_settings.h"
#include "table/preprocessing.h"
#include "training/checkpoint_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Beginning ---- */

/* Of all data that have a say in how the run goes; `validation` and `test` may be NULL. */
static uint64_t hash_of(const nnfs_dataset *const data[3])
{
    const uint64_t hashes[] = {nnfs_dataset_hash(data[0]), nnfs_dataset_hash(data[1]),
                               nnfs_dataset_hash(data[2])};
    return hash_bytes(HASH_START, hashes, sizeof hashes);
}

static uint64_t hash_of_0_1(const nnfs_dataset *const data[3])
{
    const uint64_t hashes[] = {dataset_hash_0_1(data[0]), dataset_hash_0_1(data[1]),
                               dataset_hash_0_1(data[2])};
    return hash_bytes_0_1(HASH_START_0_1, hashes, sizeof hashes);
}

static checkpoints checkpoints_now(const nnfs_dataset *train, const nnfs_dataset *validation,
                                   const nnfs_dataset *test)
{
    checkpoints c = {.data = {train, validation, test},
                     .samples = train->samples,
                     .saved_at = clock_seconds(),
                     .saved_steps = -1,
                     .best = INFINITY,
                     .lock = -1};
    c.data_hash = hash_of(c.data);
    nnfs_machine_describe(&c.machine);
    return c;
}

nnfs_status checkpoints_begin(checkpoints *c, nnfs_trainer *trainer, const nnfs_dataset *train,
                              const nnfs_dataset *validation, const nnfs_dataset *test,
                              nnfs_error *error)
{
    const nnfs_train_settings *settings = &trainer->settings;
    *c = checkpoints_now(train, validation, test);
    if (settings->checkpoint_folder) {
        return folder_begin(settings->checkpoint_folder, settings->resume != NULL, &c->lock, error);
    }
    return NNFS_OK;
}

/* ---- Going on ---- */

static nnfs_status fail_other(const char *what, nnfs_error *error)
{
    return fail(error, NNFS_ERROR_ARGUMENT, "the checkpoint is of another run: %s differs", what);
}

/* `data` is the preprocessing of the training data, which a network without one will have. */
static nnfs_status check_network(const nnfs_network *network, const nnfs_preprocessing *data,
                                 const nnfs_network *saved, nnfs_error *error)
{
    const nnfs_preprocessing *own = nnfs_network_preprocessing(network);
    if (!own) {
        own = data;
    }
    const nnfs_preprocessing *other = nnfs_network_preprocessing(saved);
    bool same = !own == !other && (!own || preprocessing_equal(own, other)) &&
                network_same_shape(network, saved);
    if (!same) {
        return fail_other("the network", error);
    }
    return NNFS_OK;
}

static nnfs_status check_settings(const nnfs_train_settings *now, const nnfs_train_settings *saved,
                                  nnfs_error *error)
{
    /* A resumed run may have more epochs. */
    nnfs_train_settings there = *saved;
    there.epochs = MAX(now->epochs, saved->epochs);
    char name[64], before[NNFS_SETTING_BYTES], here[NNFS_SETTING_BYTES];
    const setting *row = settings_difference(&train_settings, now, &there);
    if (!row) {
        return NNFS_OK;
    }
    (void)snprintf(name, sizeof name, "%s", row->about.name);
    for (char *at = name; (at = strchr(at, '_')) != NULL;) {
        *at = ' ';
    }
    setting_to_text(row, saved, before, sizeof before);
    setting_to_text(row, now, here, sizeof here);
    return fail(error, NNFS_ERROR_ARGUMENT,
                "the checkpoint is of another run: the %s differs, %s there and %s here", name,
                before, here);
}

static nnfs_status check_machine(const nnfs_machine *now, const checkpoint_state *saved,
                                 nnfs_error *error)
{
    const struct {
        const char *what, *now, *saved;
    } parts[] = {{"BLAS", now->blas, saved->blas},
                 {"kernel", now->kernel, saved->kernel},
                 {"CPU", now->cpu, saved->cpu}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strcmp(parts[i].now, parts[i].saved) != 0) {
            return fail(
                error, NNFS_ERROR_ARGUMENT,
                "the checkpoint was computed with the %s '%s', and this is '%s': the run would "
                "end in other bits",
                parts[i].what, parts[i].saved, parts[i].now);
        }
    }
    return NNFS_OK;
}

/* The steps of the epoch under way took the samples that they take. */
static bool fits_epoch(const checkpoint_state *state, int64_t samples)
{
    int64_t batch = state->settings.batch;
    if (batch == 0 || batch > samples) {
        batch = samples;
    }
    return state->epoch_steps < (samples + batch - 1) / batch &&
           state->epoch_samples == state->epoch_steps * batch;
}

/* Copies a run's state: the file has its network as it is evaluated. */
static void take_state(nnfs_trainer *trainer, const nnfs_network *network,
                       const checkpoint_state *state)
{
    size_t bytes = network->parameter_floats * sizeof(float);
    memcpy(trainer->network->parameters, network->parameters, bytes);
    for (int i = 0; i < STATES_MOST; i++) {
        if (trainer->states[i] && state->states[i]) {
            memcpy(trainer->states[i], state->states[i], bytes);
        }
    }
    trainer->exchanged = train_state_replacing(&trainer->settings) >= 0;
    trainer_exchange(trainer, false);
    memcpy(trainer->last_good, trainer->network->parameters, bytes);
    trainer->steps = state->steps;
    trainer->epochs = state->epochs;
    trainer->resumed = (resume_point){
        {state->epoch_steps, state->epoch_samples, state->epoch_loss, state->epoch_correct},
        state->epoch_seconds};
    if (trainer->states[STATE_BEST] && state->states[STATE_BEST]) {
        trainer->stopping =
            (stopping_state){state->stop_score, state->stop_epoch, state->stop_waited};
    }
    trainer->schedule =
        (schedule_state){state->schedule_best, state->schedule_share, state->schedule_waited};
}

/* The states that a run with these settings keeps. */
static nnfs_status check_states(const nnfs_train_settings *settings, const checkpoint_state *state,
                                nnfs_error *error)
{
    const train_state *row;
    for (int i = 0; (row = train_state_at(i)) != NULL; i++) {
        if (row->kept && row->kept(settings) != (state->states[i] != NULL)) {
            return fail_other("what the optimizer keeps", error);
        }
    }
    return NNFS_OK;
}

/* Whether a run with these resolved settings can go on from the checkpoint. Changes nothing. */
static nnfs_status check_resume(const checkpoints *c, const nnfs_network *network,
                                const nnfs_preprocessing *data, const nnfs_train_settings *settings,
                                const nnfs_checkpoint *checkpoint, nnfs_error *error)
{
    const checkpoint_state *state = checkpoint_state_of(checkpoint);
    TRY(check_network(network, data, nnfs_checkpoint_network(checkpoint), error));
    TRY(check_settings(settings, &state->settings, error));
    uint64_t hash = c->data_hash;
    if (state->data_hash_of_0_1) {
        hash = hash_of_0_1(c->data);
    }
    if (hash != state->data_hash) {
        return fail(error, NNFS_ERROR_DATA, "the data are not those the checkpoint was trained on");
    }
    if (!settings->resume_anywhere) {
        TRY(check_machine(&c->machine, state, error));
    }
    TRY(check_states(settings, state, error));
    if (!fits_epoch(state, c->samples)) {
        return fail(error, NNFS_ERROR_DATA, "the checkpoint stands at no step of an epoch");
    }
    return NNFS_OK;
}

nnfs_status nnfs_checkpoint_check(const nnfs_checkpoint *checkpoint, const nnfs_network *network,
                                  const nnfs_dataset *train, const nnfs_dataset *validation,
                                  const nnfs_dataset *test, const nnfs_train_settings *settings,
                                  nnfs_error *error)
{
    if (!checkpoint || !network || !train || !settings) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a checkpoint, a network, training data and settings are needed");
    }
    nnfs_train_settings resolved = *settings;
    nnfs_train_settings_resolve(&resolved);
    checkpoints now = checkpoints_now(train, validation, test);
    return check_resume(&now, network, nnfs_dataset_preprocessing(train), &resolved, checkpoint,
                        error);
}

nnfs_status checkpoints_restore(checkpoints *c, nnfs_trainer *trainer,
                                const nnfs_checkpoint *checkpoint, nnfs_error *error)
{
    const checkpoint_state *state = checkpoint_state_of(checkpoint);
    TRY(check_resume(c, trainer->network, NULL, &trainer->settings, checkpoint, error));
    take_state(trainer, nnfs_checkpoint_network(checkpoint), state);
    c->seconds = state->seconds;
    c->best = state->best;
    c->reached = state->reached;
    c->finished = state->finished && trainer->epochs == trainer->settings.epochs;
    c->saved_steps = state->steps;
    return NNFS_OK;
}

/* ---- When ---- */

bool checkpoints_due(const checkpoints *c, const nnfs_trainer *trainer)
{
    const nnfs_train_settings *settings = &trainer->settings;
    if (!c || c->saved_steps == trainer->steps) {
        return false;
    }
    bool steps = settings->checkpoint_steps > 0 && trainer->steps % settings->checkpoint_steps == 0;
    bool seconds = settings->checkpoint_seconds > 0.0 &&
                   clock_seconds() - c->saved_at >= settings->checkpoint_seconds;
    return steps || seconds;
}

int64_t checkpoints_next_step(const checkpoints *c, const nnfs_trainer *trainer)
{
    int64_t every = trainer->settings.checkpoint_steps;
    if (c && every > 0) {
        return (trainer->steps / every + 1) * every;
    }
    return 0;
}

/* ---- Writing ---- */

static checkpoint_state state_of(const checkpoints *c, const nnfs_trainer *trainer,
                                 const resume_point *point)
{
    checkpoint_state state = {
        .settings = trainer->settings,
        .steps = trainer->steps,
        .epochs = trainer->epochs,
        .epoch_steps = point->sums.steps,
        .epoch_samples = point->sums.samples,
        .epoch_loss = point->sums.loss,
        .epoch_correct = point->sums.correct,
        .epoch_seconds = point->seconds,
        .seconds = c->seconds,
        .best = c->best,
        .reached = c->reached,
        .finished = c->finished,
        .schedule_best = trainer->schedule.best,
        .schedule_share = trainer->schedule.share,
        .schedule_waited = trainer->schedule.waited,
        .stop_score = trainer->stopping.score,
        .stop_epoch = trainer->stopping.epoch,
        .stop_waited = trainer->stopping.waited,
        .data_hash = c->data_hash,
    };
    memcpy(state.states, trainer->states, sizeof state.states);
    memcpy(state.cpu, c->machine.cpu, sizeof state.cpu);
    memcpy(state.blas, c->machine.blas, sizeof state.blas);
    memcpy(state.kernel, c->machine.kernel, sizeof state.kernel);
    return state;
}

/* Writes the network as it is evaluated, its own parameters as a state, and removes
 * the oldest file. */
static nnfs_status write_one(checkpoints *c, const nnfs_trainer *trainer, const resume_point *point,
                             char **path, nnfs_error *error)
{
    const char *folder = trainer->settings.checkpoint_folder;
    checkpoint_state state = state_of(c, trainer, point);
    const nnfs_network evaluated = trainer_evaluated(trainer);
    int replacing = train_state_replacing(&trainer->settings);
    if (evaluated.parameters != trainer->network->parameters) {
        state.states[replacing] = trainer->network->parameters;
    }
    *path = folder_path(folder, trainer->epochs, point->sums.steps);
    if (!*path) {
        return fail_memory(error, strlen(folder), "a file name");
    }
    TRY(checkpoint_write(*path, &evaluated, &state, error));
    return folder_tidy(folder, *path, error);
}

void checkpoints_save(checkpoints *c, nnfs_trainer *trainer, const resume_point *point)
{
    const nnfs_train_settings *settings = &trainer->settings;
    nnfs_error failed = {.status = NNFS_OK};
    char *path = NULL;
    nnfs_status asked = NNFS_OK;
    if (settings->on_checkpoint) {
        asked = settings->on_checkpoint(settings->user, NULL, NULL);
    }
    if (asked == NNFS_OK) {
        c->failed = write_one(c, trainer, point, &path, &failed);
    } else {
        c->failed = fail(&failed, asked, "%s: what belongs to a checkpoint could not be made ready",
                         settings->checkpoint_folder);
    }
    c->saved_at = clock_seconds();
    c->saved_steps = trainer->steps;
    if (settings->on_checkpoint) {
        (void)settings->on_checkpoint(settings->user, path ? path : settings->checkpoint_folder,
                                      c->failed == NNFS_OK ? NULL : &failed);
    }
    free(path);
}

/* The one that was just written is the best. */
static void mark_best(checkpoints *c, const nnfs_trainer *trainer)
{
    const nnfs_train_settings *settings = &trainer->settings;
    nnfs_error failed = {.status = NNFS_OK};
    nnfs_status status = folder_mark_best(settings->checkpoint_folder, trainer->epochs, &failed);
    if (status != NNFS_OK) {
        c->failed = status;
        if (settings->on_checkpoint) {
            (void)settings->on_checkpoint(settings->user, settings->checkpoint_folder, &failed);
        }
    }
}

void checkpoints_epoch(checkpoints *c, nnfs_trainer *trainer, double loss, bool wanted)
{
    int every = trainer->settings.checkpoint_epochs;
    bool best = loss < c->best;
    bool due = best || wanted || c->finished || (every > 0 && trainer->epochs % every == 0) ||
               checkpoints_due(c, trainer);
    if (best) {
        c->best = loss;
    }
    if (due) {
        checkpoints_save(c, trainer, &(resume_point){0});
    }
    if (best && c->failed == NNFS_OK) {
        mark_best(c, trainer);
    }
}

void checkpoints_end(checkpoints *c, nnfs_trainer *trainer)
{
    if (!c->finished || c->saved_steps != trainer->steps) {
        c->finished = true;
        checkpoints_save(c, trainer, &(resume_point){0});
    }
}

void checkpoints_free(checkpoints *c)
{
    folder_end(c->lock);
    c->lock = -1;
}
