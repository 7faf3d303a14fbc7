/* What validation compares: which measure of an evaluation says that an epoch is better. */
#ifndef NNFS_OPTIM_MONITOR_H
#define NNFS_OPTIM_MONITOR_H

#include <nnfs/nnfs.h>

/*
 * An evaluation as a number, the smaller the better; NaN if the measure does not apply to it. `which` may
 * be NNFS_MONITOR_AUTO: the RMSE of numbers, the loss of classes.
 */
double monitor_score(nnfs_monitor which, const nnfs_evaluation *evaluation);

#endif
