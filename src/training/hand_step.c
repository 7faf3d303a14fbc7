/* Training by hand: a step, or its gradient and its update apart, from a dataset's
 * samples or arrays. */
#include "base/memory.h"
#include "data/batch.h"
#include "training/divergence.h"
#include "training/trainer.h"

/* Dropout in a step by hand is drawn for its number, apart from the epochs. */
enum { HAND_DRAWS = 1 << 27 };

void nnfs_step_init(nnfs_step *step)
{
    if (step) {
        *step = (nnfs_step){.update = 1};
    }
}

/* ---- What a step asks of the program ---- */

static unsigned needs_of(const nnfs_step *step)
{
    unsigned needs = RUN_FORWARD | RUN_GRADIENT;
    if (step->output_gradient) {
        needs |= RUN_OUTPUT_GRADIENT;
    } else {
        needs |= RUN_LOSS;
    }
    if (step->output_gradient && !step->of_logits) {
        needs |= RUN_OUTPUT_BACKWARD;
    }
    if (step->input_gradient) {
        needs |= RUN_INPUT_GRADIENT;
    }
    if (step->update) {
        needs |= RUN_UPDATE;
    }
    return needs;
}

/* The rate of a step by hand: the schedule goes on if it knows how long an epoch is. */
static void set_time(step_run *run, const nnfs_trainer *trainer)
{
    int64_t steps = trainer->settings.steps_per_epoch;
    const schedule_time time = {
        .epoch = trainer->epochs + (steps > 0 ? (int)(trainer->hand_steps / steps) : 0),
        .step = steps > 0 ? trainer->hand_steps % steps : 0,
        .steps = steps > 0 ? steps : 1,
    };
    if (run->rate == 0.0f) {
        run->rate = schedule_rate(&trainer->settings, &trainer->schedule, &time);
    }
    run->draw = HAND_DRAWS | (uint32_t)(trainer->hand_steps & (HAND_DRAWS - 1));
}

static nnfs_status run_dataset(nnfs_trainer *trainer, const nnfs_step *step,
                               const nnfs_dataset *dataset, int64_t samples, double *loss,
                               nnfs_error *error)
{
    nnfs_dataset part = *dataset; /* the samples of the step alone */
    part.samples = samples;
    step_run run = trainer_run(trainer, &part, samples);
    run.needs = needs_of(step);
    run.order = step->samples;
    run.spaces[SPACE_OUTPUT_GRADIENT] = (float *)(uintptr_t)step->output_gradient; /* only read */
    run.spaces[SPACE_INPUT_GRADIENT] = step->input_gradient;
    set_time(&run, trainer);
    step_run_all(&run);
    trainer->steps = run.updates;
    if (run.diverged) {
        return fail_diverged(trainer, &run, error);
    }
    if (step->update) {
        trainer->hand_steps += 1;
    }
    if (loss) {
        if (step->output_gradient) {
            *loss = (double)NAN;
        } else {
            *loss = run.sums.loss / network_loss_terms(trainer->network, run.sums.samples);
        }
    }
    return NNFS_OK;
}

/* ---- Where its samples come from ---- */

static nnfs_status check_samples(const nnfs_step *step, nnfs_error *error)
{
    if (step->count < 1 || step->count >= UINT32_MAX) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a step needs 1 or more samples, not %lld",
                    (long long)step->count);
    }
    for (int64_t i = 0; i < step->count; i++) {
        if (!step->samples || step->samples[i] >= step->dataset->samples) {
            return fail(error, NNFS_ERROR_ARGUMENT, "the samples of a step must be among the %lld",
                        (long long)step->dataset->samples);
        }
    }
    return NNFS_OK;
}

static nnfs_status check_fit(const nnfs_trainer *trainer, const nnfs_step *step,
                             const nnfs_dataset *dataset, nnfs_error *error)
{
    if (step->output_gradient) {
        return network_check_inputs(trainer->network, dataset, error);
    }
    return network_check_fit(trainer->network, dataset, error);
}

static nnfs_status run_samples(nnfs_trainer *trainer, const nnfs_step *step, double *loss,
                               nnfs_error *error)
{
    TRY(check_samples(step, error));
    TRY(check_fit(trainer, step, step->dataset, error));
    return run_dataset(trainer, step, step->dataset, step->count, loss, error);
}

static nnfs_status run_arrays(nnfs_trainer *trainer, const nnfs_step *step, double *loss,
                              nnfs_error *error)
{
    bool needs_targets = step->output_gradient == NULL;
    nnfs_status status = dataset_check_arrays(step->arrays, needs_targets, error);
    if (status != NNFS_OK) {
        return status;
    }
    nnfs_dataset dataset;
    dataset_view(step->arrays, &dataset);
    status = check_fit(trainer, step, &dataset, error);
    if (status != NNFS_OK) {
        return status;
    }
    return run_dataset(trainer, step, &dataset, dataset.samples, loss, error);
}

nnfs_status nnfs_trainer_run(nnfs_trainer *trainer, const nnfs_step *step, double *loss,
                             nnfs_error *error)
{
    if (!trainer || !step) {
        return fail_null(error, trainer ? "step" : "trainer");
    }
    if (trainer->has_ranks) {
        return fail(error, NNFS_ERROR_ARGUMENT, "steps by hand are not for several ranks");
    }
    if (!step->arrays == !step->dataset) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a step needs either arrays or a dataset");
    }
    bool joint = trainer->network->members > 1;
    bool inputs = joint || trainer->network->embedding_count > 0;
    if ((joint && step->output_gradient) || (inputs && step->input_gradient)) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "a network of members takes no gradient of outputs, and with members or "
                    "embeddings there is none of the inputs");
    }
    if (step->dataset) {
        return run_samples(trainer, step, loss, error);
    }
    return run_arrays(trainer, step, loss, error);
}

nnfs_status nnfs_trainer_step(nnfs_trainer *trainer, const nnfs_arrays *batch, double *loss,
                              nnfs_error *error)
{
    if (!batch) {
        return fail_null(error, "batch");
    }
    return nnfs_trainer_run(trainer, &(nnfs_step){.arrays = batch, .update = 1}, loss, error);
}

nnfs_status nnfs_trainer_gradient(nnfs_trainer *trainer, const nnfs_arrays *batch, double *loss,
                                  nnfs_error *error)
{
    if (!batch) {
        return fail_null(error, "batch");
    }
    return nnfs_trainer_run(trainer, &(nnfs_step){.arrays = batch}, loss, error);
}

/* ---- The update, and its rate ---- */

nnfs_status nnfs_trainer_update(nnfs_trainer *trainer, nnfs_error *error)
{
    if (!trainer) {
        return fail_null(error, "trainer");
    }
    step_run run = trainer_run(trainer, NULL, 1);
    set_time(&run, trainer);
    bool ok = step_run_update(&run);
    trainer->steps++;
    trainer->hand_steps++;
    if (!ok) {
        return fail(error, NNFS_ERROR_DIVERGED, "an update of the weights is not finite");
    }
    return NNFS_OK;
}

nnfs_status nnfs_trainer_set_learning_rate(nnfs_trainer *trainer, float rate, nnfs_error *error)
{
    if (!trainer) {
        return fail_null(error, "trainer");
    }
    if (rate != NNFS_DEFAULT && !(rate > 0.0f && isfinite(rate))) {
        return fail(error, NNFS_ERROR_ARGUMENT, "a learning rate must be positive, not %g",
                    (double)rate);
    }
    if (rate == NNFS_DEFAULT) {
        trainer->rate = 0.0f;
    } else {
        trainer->rate = rate;
    }
    return NNFS_OK;
}

float nnfs_trainer_learning_rate(const nnfs_trainer *trainer)
{
    step_run run = {0};
    if (!trainer) {
        return 0.0f;
    }
    run.rate = trainer->rate;
    set_time(&run, trainer);
    return run.rate;
}
