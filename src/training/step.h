/*
 * The step: phase 1 computes the deltas (gather, forward, loss, backward) by tiles of the batch, and where the
 * plan says so partial gradients; phase 2 updates the parameters by blocks (dW over the whole batch, or the
 * sum of the partial ones, then the optimizer). The plan says how each is cut into tiles, and whoever is free
 * takes the next one; a stage or phase is over when its last tile is. One parallel region runs many steps.
 */
#ifndef NNFS_TRAINING_STEP_H
#define NNFS_TRAINING_STEP_H

#include "training/trainer.h"

/* A run of steps over the samples of a dataset. */
typedef struct step_run {
    nnfs_trainer *trainer;
    const nnfs_dataset *dataset;
    const uint32_t *order; /* [samples] in which order; NULL: as they are */
    int64_t batch;         /* samples a step; the last step has what is left */
    bool update;           /* false: only the gradient is computed */
    step_sums begun;       /* the steps that were done before: the run goes on behind them */

    /*
     * Called on the calling thread every now and then while no weight is being written, with the outcome
     * so far; non-zero stops the run, without the step that is under way. May be NULL.
     */
    int (*watch)(struct step_run *run);
    double watch_every; /* seconds */
    int64_t watch_at;   /* called also when so many steps are done; 0: not so */
    void *user;

    /* The outcome so far. */
    int64_t steps;   /* done */
    int64_t samples; /* seen */
    double loss;     /* sum of terms over them, each before its step's update */
    int64_t correct;
    step_sums whole; /* likewise, up to the last step that was finished */
    bool stopped;    /* by watch */

    bool diverged;     /* a loss or an update was not finite; then also: */
    int64_t bad_first; /* the chunk of samples that did it */
    int bad_count;
    int bad_layer; /* whose gradient was not finite; -1 if the loss was not */
} step_run;

/* The learning rate of a step, counted from 0 in the run of steps. */
float step_rate(const step_run *run, int64_t step);

/* Runs all steps that are left. The dataset fits the network; the outcome begins with `begun`. */
void step_run_all(step_run *run);

/* Applies the optimizer to all parameters, from the gradient buffer. False if one was not finite. */
bool step_update_all(nnfs_trainer *trainer);

#endif
