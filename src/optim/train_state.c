/* The table of what a run keeps beside the parameters. */
#include "optim/train_state.h"

#include "optim/optimizer.h"

static bool keeps_v(const nnfs_train_settings *settings)
{
    return optimizer_of(settings->optimizer)->has_second;
}

static const train_state rows[] = {
    [STATE_M] = {.prefix = "optimizer.first.", .kept = optimizer_keeps_first},
    [STATE_V] = {.prefix = "optimizer.second.", .kept = keeps_v},
    [STATE_BEST] = {"best.", NULL, .whole = true},
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
