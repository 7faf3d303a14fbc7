/* What is said of a run that has diverged. */
#ifndef NNFS_TRAINING_DIVERGENCE_H
#define NNFS_TRAINING_DIVERGENCE_H

#include "training/trainer.h"

/* Fills *error and returns DIVERGED. The chunk's buffers still hold what was computed: they tell
 * where it first stopped being finite. */
nnfs_status fail_diverged(const nnfs_trainer *trainer, const step_run *run, nnfs_error *error);

#endif
