/* What validation compares: which measure of an evaluation says that an epoch is better. */
#ifndef NNFS_OPTIM_MONITOR_H
#define NNFS_OPTIM_MONITOR_H

#include <nnfs/nnfs.h>

/*
 * The measure of NNFS_MONITOR_AUTO, or the one of the settings. Training on smoothed labels makes a
 * network unsure of them, which costs validation loss long after accuracy rises no more.
 */
nnfs_monitor monitor_choose(const nnfs_train_settings *settings, const nnfs_evaluation *evaluation);

/* An evaluation as a number, the smaller the better; NaN if the measure does not apply to it.
 * Not of auto. */
double monitor_score(nnfs_monitor which, const nnfs_evaluation *evaluation);

#endif
