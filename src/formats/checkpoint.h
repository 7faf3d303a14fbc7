/*
 * Checkpoint files: a model file (see model.h) with the optimizer's state as further tensors,
 * optimizer.first.layers.N.weight and so on, and with metadata "checkpoint": a JSON object of all
 * numbers that a run is at. Its checksum, which a checkpoint must have, covers every bit of it.
 */
#ifndef NNFS_FORMATS_CHECKPOINT_H
#define NNFS_FORMATS_CHECKPOINT_H

#include "base/status.h"
#include "optim/train_state.h"

#include <stdbool.h>

/* What there is besides the network. */
typedef struct checkpoint_state {
    nnfs_train_settings settings; /* resolved; of what is in here, see nnfs_checkpoint_settings */

    int64_t steps; /* updates done */
    int epochs;    /* finished */

    /* Of the epoch under way: */
    int64_t epoch_steps;
    int64_t epoch_samples;
    double epoch_loss; /* sum of terms */
    int64_t epoch_correct;
    double epoch_seconds;

    double seconds; /* of the epochs finished */
    double best;    /* the smallest loss of an epoch so far; infinity before the first */
    bool reached;   /* the accuracy that ends the run */
    bool finished;

    double schedule_best; /* as in optim/schedule.h */
    double schedule_share;
    int schedule_waited;

    double stop_score; /* as in training/trainer.h, with STATE_BEST */
    int stop_epoch;
    int stop_waited;

    uint64_t data_hash;
    bool data_hash_of_0_1;              /* version 0.1 hashed data in another way */
    char cpu[64], blas[64], kernel[32]; /* that computed it */

    float *states[STATES_MOST]; /* by train_state; NULL if it is not kept */
} checkpoint_state;

/* Writes durably. Errors: IO, DATA (a value that is not finite), MEMORY. */
nnfs_status checkpoint_write(const char *path, const nnfs_network *network,
                             const checkpoint_state *state, nnfs_error *error);

/*
 * Reads and checks all of it. The network and the states (from memory_alloc) are the caller's; on
 * failure *network is NULL and so are they. Errors: IO, DATA, MEMORY.
 */
nnfs_status checkpoint_read(const char *path, nnfs_network **network, checkpoint_state *state,
                            nnfs_error *error);

void checkpoint_free_states(checkpoint_state *state);

#endif
