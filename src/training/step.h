/*
 * The step: phase 1 by tiles of the batch (gather, forward, loss, backward), a barrier, phase 2 by
 * blocks of the parameters (dW over the whole batch, then the optimizer), a barrier. One parallel
 * region runs many steps.
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

    /* After each step, on the calling thread; non-zero stops the run. May be NULL. */
    int (*after_step)(struct step_run *run);
    void *user;

    /* The outcome so far. */
    int64_t steps;   /* done */
    int64_t samples; /* seen */
    double loss;     /* sum of terms over them, each before its step's update */
    int64_t correct;
    bool stopped; /* by after_step */

    /* Of a run that diverged: NULL as long as all is finite. */
    const char *diverged;
    int64_t bad_first; /* the chunk of samples that did it */
    int bad_count;
    int bad_layer; /* whose gradient was not finite; -1 if the loss was not */
} step_run;

/* Runs all steps. The dataset fits the network; fields of the outcome are reset. */
void step_run_all(step_run *run);

/*
 * Applies the optimizer to all parameters, from the gradient buffer. False if an
 * update wasn't finite.
 */
bool step_update_all(nnfs_trainer *trainer);

#endif
