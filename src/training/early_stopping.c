/* Early stopping: see the header. */
#include "training/early_stopping.h"

#include "base/memory.h"

#include <string.h>

nnfs_status stopping_begin(nnfs_trainer *trainer, nnfs_error *error)
{
    size_t bytes = trainer->network->parameter_floats * sizeof(float);
    trainer->stopping = (stopping_state){.score = INFINITY};
    trainer->states[STATE_BEST] = memory_alloc(trainer->network->parameter_floats, sizeof(float));
    if (!trainer->states[STATE_BEST]) {
        return fail_memory(error, bytes, "the weights of the best epoch");
    }
    memcpy(trainer->states[STATE_BEST], trainer->network->parameters, bytes);
    return NNFS_OK;
}

void stopping_note(nnfs_trainer *trainer, double score, bool best)
{
    stopping_state *s = &trainer->stopping;
    s->waited++;
    if (best || score < s->score) {
        *s = (stopping_state){.score = score, .epoch = trainer->epochs};
        memcpy(trainer->states[STATE_BEST], trainer_evaluated(trainer).parameters,
               trainer->network->parameter_floats * sizeof(float));
    }
}

bool stopping_is_due(const nnfs_trainer *trainer)
{
    int patience = trainer->settings.patience;
    return patience > 0 && trainer->stopping.waited >= patience;
}

void stopping_finish(nnfs_trainer *trainer, bool ended_well)
{
    trainer_exchange(trainer, ended_well);
    if (trainer->stopping.epoch > 0) {
        memcpy(trainer->network->parameters, trainer->states[STATE_BEST],
               trainer->network->parameter_floats * sizeof(float));
    }
}
