/* Making trainers: checked settings, the plan, and one workspace. */
#include "training/trainer.h"

#include "base/memory.h"
#include "math/blas_runtime.h"
#include "optim/train_settings.h"
#include "training/roofline.h"

#include <stdlib.h>
#include <string.h>

/* ---- Workspace ---- */

static bool keeps_z(const network_layer *layer)
{
    return activation_of(layer->activation)->keeps_z;
}

/* a and d of every layer, z where the activation keeps it, the inputs and the targets. */
static size_t buffer_floats(const nnfs_network *network, int columns)
{
    size_t floats = size_matrix_floats(network->inputs, columns);
    for (int i = 0; i < network->layer_count; i++) {
        size_t matrix = size_matrix_floats(network->layers[i].out, columns);
        floats = size_add(floats, size_mul(matrix, keeps_z(&network->layers[i]) ? 3 : 2));
    }
    return size_add(floats, size_matrix_floats(network_output(network)->out, columns));
}

/* Cuts the workspace up, in the order in which buffer_floats counts it. */
static void point_pass(nnfs_trainer *trainer)
{
    const nnfs_network *network = trainer->network;
    int columns = trainer->plan.chunk;
    float *next = trainer->buffers;
    pass_buffers *pass = &trainer->pass;
    pass->z = trainer->pointers;
    pass->a = pass->z + network->layer_count;
    pass->d = pass->a + network->layer_count;
    trainer->input = next;
    pass->input = next;
    next += size_matrix_floats(network->inputs, columns);
    for (int i = 0; i < network->layer_count; i++) {
        size_t matrix = size_matrix_floats(network->layers[i].out, columns);
        pass->a[i] = next;
        pass->d[i] = next + matrix;
        pass->z[i] = keeps_z(&network->layers[i]) ? next + 2 * matrix : pass->a[i];
        next += matrix * (keeps_z(&network->layers[i]) ? 3 : 2);
    }
    trainer->targets = next;
}

static nnfs_status allocate(nnfs_trainer *trainer, nnfs_error *error)
{
    const nnfs_network *network = trainer->network;
    const optimizer *row = optimizer_of(trainer->settings.optimizer);
    size_t parameters = network->parameter_floats;
    size_t floats = buffer_floats(network, trainer->plan.chunk);
    int threads = trainer->settings.threads;
    bool keeps_first = optimizer_keeps_first(&trainer->settings);
    size_t partials = (size_t)trainer->plan.partials;
    trainer->scratch_floats = size_matrix_floats(network_output(network)->out, 1);

    trainer->gradient = memory_alloc_zeroed(parameters, sizeof(float));
    trainer->found = memory_alloc(parameters, sizeof(float));
    trainer->good = memory_alloc(parameters, sizeof(float));
    trainer->first = keeps_first ? memory_alloc_zeroed(parameters, sizeof(float)) : NULL;
    trainer->second = row->has_second ? memory_alloc_zeroed(parameters, sizeof(float)) : NULL;
    trainer->partials =
        partials > 0 ? memory_alloc(size_mul(parameters, partials), sizeof(float)) : NULL;
    trainer->buffers = memory_alloc(floats, sizeof(float));
    trainer->scratch =
        memory_alloc(size_mul(trainer->scratch_floats, (size_t)threads), sizeof(float));
    trainer->labels = memory_alloc((size_t)trainer->plan.chunk, sizeof(int32_t));
    trainer->weights = memory_alloc((size_t)trainer->plan.chunk, sizeof(float));
    trainer->records = memory_alloc((size_t)trainer->plan.tiles, sizeof(tile_record));
    trainer->pointers = calloc((size_t)network->layer_count * 3, sizeof(float *));
    bool shared = phases_create(&trainer->phases, trainer->plan.most_tiles);
    if (!shared || !trainer->gradient || !trainer->found || !trainer->good ||
        (keeps_first && !trainer->first) || (row->has_second && !trainer->second) ||
        (partials > 0 && !trainer->partials) || !trainer->buffers || !trainer->scratch ||
        !trainer->labels || !trainer->weights || !trainer->records || !trainer->pointers) {
        return fail_memory(
            error, size_mul(size_add(floats, size_mul(parameters, 3)), sizeof(float)), "training");
    }
    memcpy(trainer->good, network->parameters, parameters * sizeof(float));
    point_pass(trainer);
    return NNFS_OK;
}

/* ---- Making and freeing ---- */

nnfs_status nnfs_trainer_create(nnfs_network *network, const nnfs_train_settings *settings,
                                nnfs_trainer **trainer, nnfs_error *error)
{
    *trainer = NULL;
    nnfs_train_settings resolved = *settings;
    nnfs_train_settings_resolve(&resolved);
    nnfs_status status = settings_check(&train_settings, &resolved, error);
    if (status != NNFS_OK) {
        return status;
    }
    nnfs_trainer *made = calloc(1, sizeof *made);
    if (!made) {
        return fail_memory(error, sizeof *made, "training");
    }
    made->network = network;
    made->settings = resolved;
    made->schedule = schedule_begin();
    status = plan_create(&made->plan, network, resolved.batch, error);
    if (status == NNFS_OK) {
        int threads = blas_threads(resolved.threads);
        made->settings.threads = threads < made->plan.threads ? threads : made->plan.threads;
        governor_create(&made->governor, made->settings.threads);
        made->pass = (pass_buffers){.network = network, .gemm = gemm_default()};
        status = allocate(made, error);
    }
    if (status == NNFS_OK) {
        status = blas_prepare(made->settings.threads, error);
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
        plan_free(&trainer->plan);
        phases_free(&trainer->phases);
        memory_free(trainer->gradient);
        memory_free(trainer->found);
        memory_free(trainer->good);
        memory_free(trainer->first);
        memory_free(trainer->second);
        memory_free(trainer->partials);
        memory_free(trainer->buffers);
        memory_free(trainer->scratch);
        memory_free(trainer->labels);
        memory_free(trainer->weights);
        memory_free(trainer->records);
        free(trainer->pointers);
        free(trainer);
    }
}

/* ---- The gradient ---- */

float *nnfs_trainer_gradients(nnfs_trainer *trainer, size_t *count)
{
    if (count) {
        *count = trainer->network->parameter_floats;
    }
    return trainer->gradient;
}

nnfs_status nnfs_trainer_get_weight_gradient(const nnfs_trainer *trainer, int index,
                                             float *gradient, nnfs_error *error)
{
    nnfs_status status = network_check_layer(trainer->network, index, error);
    if (status == NNFS_OK) {
        network_read_weights(&trainer->network->layers[index], trainer->gradient, gradient);
    }
    return status;
}

float *nnfs_trainer_bias_gradient(nnfs_trainer *trainer, int index)
{
    const nnfs_network *network = trainer->network;
    bool exists = index >= 0 && index < network->layer_count;
    return exists ? trainer->gradient + network->layers[index].biases : NULL;
}
