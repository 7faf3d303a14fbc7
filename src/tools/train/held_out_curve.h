/*
 * What networks score on data held out from them, epoch by epoch, so that networks trained on all data can
 * stop where the others were best. Classes are scored by the log loss after temperature scaling: what a
 * network learns late is often good but for its confidence (Berta et al. 2025).
 */
#ifndef NNFS_TOOLS_TRAIN_HELD_OUT_CURVE_H
#define NNFS_TOOLS_TRAIN_HELD_OUT_CURVE_H

#include <nnfs/nnfs.h>

typedef struct held_out_curve {
    int epochs;
    double *scores;           /* [epochs] sums over the networks: log loss, or RMSE */
    double *log_temperatures; /* [epochs] sums too; 0 of numbers */
    int networks;             /* that have ended */
    float *outputs;           /* room for the predictions of a held-out part */
    int32_t *labels;
} held_out_curve;

/* Room for parts of up to `samples` samples. Free it in any case. Errors: MEMORY. */
nnfs_status held_out_begin(held_out_curve *curve, int epochs, int outputs, int64_t samples,
                           nnfs_error *error);
void held_out_free(held_out_curve *curve);

/* Adds an epoch of one network, from 1. Errors: those of prediction. */
nnfs_status held_out_add(held_out_curve *curve, int epoch, const nnfs_network *network,
                         const nnfs_dataset *held_out, int threads, nnfs_error *error);

/* The epoch with the best mean score, and the geometric mean of its temperatures. */
int held_out_best(const held_out_curve *curve, double *temperature);

#endif
