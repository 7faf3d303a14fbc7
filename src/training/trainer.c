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

static nnfs_status create_exchange(nnfs_trainer *trainer, nnfs_error *error)
{
    const program *p = &trainer->program;
    nnfs_communicator *communicator = trainer->settings.communicator;
    trainer->has_ranks = nnfs_communicator_size(communicator) > 1;
    size_t sums = 0;
    for (int i = 0; i < p->op_count; i++) {
        sums = p->ops[i].shared > sums ? p->ops[i].shared : sums;
    }
    if (!trainer->has_ranks) {
        return NNFS_OK;
    }
    gradient_range *buckets = calloc((size_t)p->bucket_count + 1, sizeof *buckets);
    if (!buckets) {
        return fail_memory(error, (size_t)p->bucket_count * sizeof *buckets, "training");
    }
    for (int i = 0; i < p->bucket_count; i++) {
        buckets[i] = p->buckets[i].range;
    }
    nnfs_status status =
        exchange_create(&trainer->exchange, communicator, p->shards, buckets, p->bucket_count, sums,
                        trainer->settings.wire == NNFS_PRECISION_BF16, error);
    free(buckets);
    return status;
}

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
        if (row->follow && trainer->states[i]) {
            memcpy(trainer->states[i], network->parameters, floats * sizeof(float));
        }
    }
    if (!has_memory) {
        return fail_memory(error, size_mul(size_mul(floats, 5), sizeof(float)), "training");
    }
    memcpy(trainer->last_good, network->parameters, floats * sizeof(float));
    nnfs_status status = create_exchange(trainer, error);
    if (status != NNFS_OK) {
        return status;
    }
    return workspace_create(&trainer->work, 1, &trainer->program, network, trainer->threads, error);
}

static nnfs_status compile(nnfs_trainer *trainer, nnfs_error *error)
{
    const nnfs_train_settings *settings = &trainer->settings;
    const program_settings wanted = {.purpose = PROGRAM_TRAIN,
                                     .batch = settings->batch,
                                     .rank = nnfs_communicator_rank(settings->communicator),
                                     .ranks = nnfs_communicator_size(settings->communicator),
                                     .training = *settings};
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
    if (settings->label_smoothing > 0.0f && !loss_of(network->loss)->smooths) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "label smoothing goes with cross_entropy and binary_cross_entropy, not with %s",
                    nnfs_loss_name(network->loss));
    }
    return NNFS_OK;
}

static nnfs_status check_shards(const nnfs_train_settings *settings, nnfs_error *error)
{
    if ((settings->shards & (settings->shards - 1)) != 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "shards must be a power of two, not %d",
                    settings->shards);
    }
    if (settings->batch > 0 && settings->shards > settings->batch) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%d shards of a batch of only %lld",
                    settings->shards, (long long)settings->batch);
    }
    int ranks = nnfs_communicator_size(settings->communicator);
    if (ranks > settings->shards) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%d ranks need as many shards or more, not %d",
                    ranks, settings->shards);
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
    TRY(settings_check(&train_settings, &resolved, error));
    TRY(check_smoothing(network, &resolved, error));
    TRY(check_shards(&resolved, error));
    if (network->further_count > 0) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "an ensemble cannot be trained on, only a single network");
    }
    if (network->members > 1 && resolved.precision == NNFS_PRECISION_BF16) {
        return fail(error, NNFS_ERROR_ARGUMENT, "members are trained in f32, not in bf16");
    }
    nnfs_trainer *made = memory_alloc_zeroed(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "training");
    }
    made->network = network;
    made->settings = resolved;
    made->schedule = schedule_begin();
    made->gemm = gemm_default();
    nnfs_status status = compile(made, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(allocate(made, error));
    TRY_CLEANUP(blas_prepare(made->threads, error));
    status = roofline_attach(made, error);
cleanup:
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
        exchange_free(&trainer->exchange);
        program_free(&trainer->program);
        memory_free(trainer->gradient);
        memory_free(trainer->epoch_start);
        memory_free(trainer->last_good);
        for (int i = 0; i < STATES_MOST; i++) {
            memory_free(trainer->states[i]);
        }
        memory_free(trainer);
    }
}

/* ---- The state that replaces the parameters ---- */

nnfs_network trainer_evaluated(const nnfs_trainer *trainer)
{
    nnfs_network view = *trainer->network;
    int state = train_state_replacing(&trainer->settings);
    if (state >= 0 && !trainer->exchanged) {
        view.parameters = trainer->states[state];
    }
    return view;
}

void trainer_exchange(nnfs_trainer *trainer, bool replaced)
{
    int state = train_state_replacing(&trainer->settings);
    if (state < 0 || replaced == trainer->exchanged) {
        return;
    }
    float *parameters = trainer->network->parameters;
    float *values = trainer->states[state];
    for (size_t i = 0; i < trainer->network->parameter_floats; i++) {
        float value = values[i];
        values[i] = parameters[i];
        parameters[i] = value;
    }
    trainer->exchanged = replaced;
}

void nnfs_trainer_use_average(nnfs_trainer *trainer, int average)
{
    if (trainer) {
        trainer_exchange(trainer, average != 0);
    }
}

/* ---- Runs of steps ---- */

step_run trainer_run(nnfs_trainer *trainer, const nnfs_dataset *dataset, int64_t batch)
{
    trainer_exchange(trainer, false);
    step_run run = {
        .program = &trainer->program,
        .work = &trainer->work,
        .network = trainer->network,
        .gemm = trainer->gemm,
        .settings = &trainer->settings,
        .spaces = {[SPACE_PARAMETERS] = trainer->network->parameters,
                   [SPACE_GRADIENT] = trainer->gradient},
        .exchange = trainer->has_ranks ? &trainer->exchange : NULL,
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
    TRY(network_check_layer(network, index, error));
    network_read_tensor(&network->tensors[network->layers[index].weight], trainer->gradient,
                        gradient);
    return NNFS_OK;
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
