/*
 * What a network scores on data held out from it: the RMSE of numbers, and of classes the log loss
 * after temperature scaling, as what a network learns late is often good but for its confidence
 * (Berta et al. 2025).
 */
#ifndef NNFS_TOOLS_TRAIN_HELD_OUT_SCORE_H
#define NNFS_TOOLS_TRAIN_HELD_OUT_SCORE_H

#include <nnfs/nnfs.h>

/* Less is better. *log_temperature is 0 of numbers. Errors: those of prediction. */
nnfs_status held_out_score(const nnfs_network *network, const nnfs_dataset *held_out, int threads,
                           double *score, double *log_temperature, nnfs_error *error);

#endif
