/* Trainers: checked settings, the program of a step, and the arrays it works on. */
#include "training/trainer.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "math/blas_runtime.h"
#include "optim/train_settings.h"
#include "training/roofline.h"

#include <stdlib.h>
#include <string.h>

/* ---- Making and freeing ---- */

static nnfs_status allocate(nnfs_trainer *trainer, nnfs_error *error)
{
    const nnfs_network *network = trainer->network;
    size_t floats = network->parameter_floats;
    trainer->gradient = memory_alloc_zeroed(floats, sizeof(float));
    trainer->epoch_start = memory_alloc(floats, sizeof(float));
    trainer->last_good = memory_alloc(floats, sizeof(float));
    bool has_memory = trainer->gradient && trainer->epoch_start && trainer->last_good;
    const train_state *row;
    for (int i = 0; has_memory && (row = train_state_at(i)) != NULL; i++) {
        if (row->kept && row->kept(&trainer->settings)) {
            trainer->states[i] = memory_alloc_zeroed(floats, sizeof(float));
            has_memory = trainer->states[i] != NULL;
        }
    }
    if (!has_memory) {
        return fail_memory(error, size_mul(size_mul(floats, 5), sizeof(float)), "training");
    }
    memcpy(trainer->last_good, network->parameters, floats * sizeof(float));
    return workspace_create(&trainer->work, &trainer->program, network, trainer->threads, error);
}

static nnfs_status compile(nnfs_trainer *trainer, nnfs_error *error)
{
    const nnfs_train_settings *settings = &trainer->settings;
    program_settings wanted = {.purpose = PROGRAM_TRAIN,
                               .batch = settings->batch,
                               .label_smoothing = settings->label_smoothing,
                               .clip_norm = settings->clip_norm,
                               .on_gradient = settings->on_gradient != NULL,
                               .precision = settings->precision};
    const train_state *row;
    for (int i = 0; (row = train_state_at(i)) != NULL; i++) {
        wanted.follows[i] = row->follow && row->kept(settings);
    }
    nnfs_status status = program_compile(trainer->network, &wanted, &trainer->program, error);
    if (status != NNFS_OK) {
        return status;
    }
    int threads = blas_threads(settings->threads);
    trainer->threads = MIN(threads, trainer->program.threads);
    trainer->settings.threads = trainer->threads;
    return NNFS_OK;
}

static nnfs_status check_smoothing(const nnfs_network *network, const nnfs_train_settings *settings,
                                   nnfs_error *error)
{
    if (settings->label_smoothing > 0.0f && !loss_of(network->loss)->fused) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "label smoothing goes with cross_entropy and binary_cross_entropy, not with %s",
                    nnfs_loss_name(network->loss));
    }
    return NNFS_OK;
}

nnfs_status nnfs_trainer_create(nnfs_network *network, const nnfs_train_settings *settings,
                                nnfs_trainer **trainer, nnfs_error *error)
{
    if (!trainer) {
        return fail_null(error, "trainer");
    }
    *trainer = NULL;
    if (!network || !settings) {
        return fail_null(error, network ? "settings" : "network");
    }
    nnfs_train_settings resolved = *settings;
    nnfs_train_settings_resolve(&resolved);
    nnfs_status status = settings_check(&train_settings, &resolved, error);
    if (status == NNFS_OK) {
        status = check_smoothing(network, &resolved, error);
    }
    if (status != NNFS_OK) {
        return status;
    }
    if (network->members > 1 && resolved.precision == NNFS_PRECISION_BF16) {
        return fail(error, NNFS_ERROR_ARGUMENT, "members are trained in f32, not in bf16");
    }
    nnfs_trainer *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "training");
    }
    made->network = network;
    made->settings = resolved;
    made->schedule = schedule_begin();
    made->gemm = gemm_default();
    status = compile(made, error);
    if (status == NNFS_OK) {
        status = allocate(made, error);
    }
    if (status == NNFS_OK) {
        status = blas_prepare(made->threads, error);
    }
    if (status == NNFS_OK) {
        status = roofline_attach(made, error);
    }
    if (status != NNFS_OK) {
        nnfs_trainer_free(made);
        return status;
    }
    *trainer = made;
    return NNFS_OK;
}

void nnfs_trainer_free(nnfs_trainer *trainer)
{
    if (trainer) {
        workspace_free(&trainer->work);
        program_free(&trainer->program);
        memory_free(trainer->gradient);
        memory_free(trainer->epoch_start);
        memory_free(trainer->last_good);
        for (int i = 0; i < STATES_MOST; i++) {
            memory_free(trainer->states[i]);
        }
        free(trainer);
    }
}

step_run trainer_run(nnfs_trainer *trainer, const nnfs_dataset *dataset, int64_t batch)
{
    step_run run = {
        .program = &trainer->program,
        .work = &trainer->work,
        .network = trainer->network,
        .gemm = trainer->gemm,
        .settings = &trainer->settings,
        .threads = trainer->threads,
        .spaces = {[SPACE_PARAMETERS] = trainer->network->parameters,
                   [SPACE_GRADIENT] = trainer->gradient},
        .profile = trainer->profile,
        .schedule = trainer->schedule,
        .rate = trainer->rate,
        .epoch = trainer->epochs,
        .draw = (uint32_t)trainer->epochs,
        .updates = trainer->steps,
        .dataset = dataset,
        .batch = batch,
    };
    memcpy(&run.spaces[SPACE_STATES], trainer->states, sizeof trainer->states);
    return run;
}

/* ---- The gradient ---- */

float *nnfs_trainer_gradients(nnfs_trainer *trainer, size_t *count)
{
    if (count) {
        if (trainer) {
            *count = trainer->network->parameter_floats;
        } else {
            *count = 0;
        }
    }
    if (!trainer) {
        return NULL;
    }
    return trainer->gradient;
}

nnfs_status nnfs_trainer_get_weight_gradient(const nnfs_trainer *trainer, int index,
                                             float *gradient, nnfs_error *error)
{
    if (!trainer || !gradient) {
        return fail_null(error, trainer ? "gradient" : "trainer");
    }
    const nnfs_network *network = trainer->network;
    nnfs_status status = network_check_layer(network, index, error);
    if (status == NNFS_OK) {
        network_read_tensor(&network->tensors[network->layers[index].weight], trainer->gradient,
                            gradient);
    }
    return status;
}

float *nnfs_trainer_bias_gradient(nnfs_trainer *trainer, int index)
{
    const nnfs_network *network = NULL;
    if (trainer) {
        network = trainer->network;
    }
    bool exists = network && index >= 0 && index < network->layer_count;
    if (!exists) {
        return NULL;
    }
    return trainer->gradient + network->tensors[network->layers[index].bias].offset;
}
