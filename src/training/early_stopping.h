/*
 * Early stopping: the validation result of each epoch, the weights of the best one, and when there
 * has been none better for too long. All of it goes into checkpoints.
 */
#ifndef NNFS_TRAINING_EARLY_STOPPING_H
#define NNFS_TRAINING_EARLY_STOPPING_H

#include "training/trainer.h"

/* Begins with the network as it stands; the trainer then keeps the best weights. Errors: MEMORY. */
nnfs_status stopping_begin(nnfs_trainer *trainer, nnfs_error *error);

/* Takes note of an epoch with this score, the smaller the better; `best`: it is the best
 * in any case. */
void stopping_note(nnfs_trainer *trainer, double score, bool best);

/* Whether the settings' patience is at its end. */
bool stopping_is_due(const nnfs_trainer *trainer);

/*
 * Gives the network the weights it ends with: those of the best epoch, or else those that are
 * evaluated; of a run that diverged, its own.
 */
void stopping_finish(nnfs_trainer *trainer, bool ended_well);

#endif
