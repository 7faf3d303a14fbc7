/* An epoch as a run sees it. */
#ifndef NNFS_TRAINING_EPOCH_H
#define NNFS_TRAINING_EPOCH_H

#include "training/trainer.h"

/* Like nnfs_trainer_epoch, without what the schedule learns from it; goes on where trainer->begun is. */
nnfs_status epoch_pass(nnfs_trainer *trainer, const nnfs_dataset *dataset, nnfs_epoch *epoch,
                       nnfs_error *error);

#endif
