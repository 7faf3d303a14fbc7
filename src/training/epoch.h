/* An epoch as a run sees it. */
#ifndef NNFS_TRAINING_EPOCH_H
#define NNFS_TRAINING_EPOCH_H

#include "training/trainer.h"

/* nnfs_trainer_epoch without what the schedule learns from it; begins at trainer->resumed. */
nnfs_status epoch_pass(nnfs_trainer *trainer, const nnfs_dataset *dataset, nnfs_epoch *epoch,
                       nnfs_error *error);

#endif
