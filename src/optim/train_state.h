/*
 * What a run keeps beside the parameters, laid out like them: a row each. Allocation, the ops after
 * an update, checkpoints and their resumption walk the rows.
 */
#ifndef NNFS_OPTIM_TRAIN_STATE_H
#define NNFS_OPTIM_TRAIN_STATE_H

#include <nnfs/nnfs.h>
#include <stdbool.h>

/* Places of the rows that other code names. */
enum {
    STATE_M, /* the optimizer's m and v */
    STATE_V,
    STATE_BEST, /* parameters after the best epoch: training/early_stopping.h */
    STATES_MOST = 8,
};

typedef struct train_state {
    const char *prefix; /* of its tensors' names in a checkpoint, at most 20 bytes */
    /* Under resolved settings. NULL: by what else the run has. */
    bool (*kept)(const nnfs_train_settings *settings);

    /*
     * Follows the update of a range of trained parameters w, or of running statistics if
     * `all_tensors`; the run's `update` from 1 on. The state begins as a copy of the parameters.
     * NULL: does not follow.
     */
    void (*follow)(const nnfs_train_settings *settings, int64_t update, const float *w,
                   float *state, size_t count);

    bool all_tensors; /* has running statistics too, beside what is trained */
    bool replaces;    /* evaluated and saved in place of the parameters */
} train_state;

/* Row `index`; NULL past the last. */
const train_state *train_state_at(int index);

/* The row that replaces the parameters under resolved settings; -1 if none does. */
int train_state_replacing(const nnfs_train_settings *settings);

#endif
