/* The table of what a run keeps beside the parameters. */
#include "optim/train_state.h"

#include "base/vector.h"
#include "optim/optimizer.h"

static bool keeps_v(const nnfs_train_settings *settings)
{
    return optimizer_of(settings->optimizer)->has_second;
}

static bool keeps_average(const nnfs_train_settings *settings)
{
    return settings->ema > 0.0f;
}

/* torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn and use_buffers. */
VECTOR_CLONES
static void average(const nnfs_train_settings *settings, int64_t update, const float *restrict w,
                    float *restrict state, size_t count)
{
    float decay = update > 1 ? settings->ema : 0.0f;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        state[i] = w[i] + decay * (state[i] - w[i]);
    }
}

static const train_state rows[] = {
    [STATE_M] = {.prefix = "optimizer.first.", .kept = optimizer_keeps_m},
    [STATE_V] = {.prefix = "optimizer.second.", .kept = keeps_v},
    [STATE_BEST] = {"best.", NULL, .all_tensors = true},
    /* A checkpoint has the averages as its network, and under this prefix what they replace. */
    {"trained.", keeps_average, average, .all_tensors = true, .replaces = true},
};

enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert((int)ROWS <= (int)STATES_MOST, "more states than arrays have room for");

const train_state *train_state_at(int index)
{
    if (index < ROWS) {
        return &rows[index];
    }
    return NULL;
}

int train_state_replacing(const nnfs_train_settings *settings)
{
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].replaces && rows[i].kept(settings)) {
            return i;
        }
    }
    return -1;
}
