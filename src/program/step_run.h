/*
 * Runs of steps: the samples of a dataset go through a program, step by step and chunk by chunk, by
 * as many threads as there are, in a workspace: a step allocates nothing.
 */
#ifndef NNFS_PROGRAM_STEP_RUN_H
#define NNFS_PROGRAM_STEP_RUN_H

#include "base/profile.h"
#include "optim/schedule.h"
#include "program/program.h"
#include "program/workspace.h"

/* Sums over whole steps. */
typedef struct step_sums {
    int64_t steps;
    int64_t samples;
    double loss; /* sum of terms over them, each before its step's update */
    int64_t correct;
} step_sums;

typedef struct step_run {
    const program *program;
    workspace *work;
    const nnfs_network *network;
    const gemm_backend *gemm;
    const nnfs_train_settings *settings; /* resolved */
    unsigned needs;                      /* run_need */
    float *spaces[SPACES];               /* parameters, gradient, m, v, and the caller's arrays */
    exchange *exchange;                  /* with the other ranks; NULL: there are none */
    profile *profile;                    /* a cell an op; NULL: none */
    schedule_state schedule;
    float rate;      /* learning rate in place of the schedule's; 0: the schedule's */
    int epoch;       /* epochs done before */
    uint32_t draw;   /* what random numbers are drawn for */
    int64_t updates; /* done before this run's first step */

    const nnfs_dataset *dataset;
    const uint32_t *order;  /* [samples]; NULL: as they are */
    const augment *augment; /* of the samples; NULL: they stay as they are */
    float *augment_scratch; /* [augment_floats] for each thread */
    size_t augment_floats;
    int64_t batch;     /* samples a step; the last step has what is left */
    step_sums resumed; /* steps of the run that were done before it was interrupted */

    /*
     * Called on the calling thread every now and then while no parameter is being written; non-zero
     * stops the run, without the step under way; with other ranks, after a step in which all know.
     * May be NULL.
     */
    int (*watch)(struct step_run *run);
    double watch_every; /* seconds */
    int64_t watch_at;   /* called also when this many steps are done; 0: never */
    void *user;

    /* The outcome so far, and up to the last step that was finished. */
    step_sums sums, finished;
    bool stopping; /* the ranks have agreed to stop: watch is called once more */
    bool stopped;  /* by watch, or by that of another rank */
    bool lost;     /* another rank is: see communicator_error */

    bool diverged;     /* a loss or an update was not finite; then also: */
    bool bad_here;     /* a loss of a shard here is not finite */
    int bad_shard;     /* of those here */
    int64_t bad_first; /* the chunk of samples */
    int bad_count;
    int bad_layer; /* whose update was not finite; -1: the loss was not */
} step_run;

/* The learning rate of a step of the run, counted from 0. */
float step_run_rate(const step_run *run, int64_t step);

/* Runs all steps that are left. The dataset fits the network. */
void step_run_all(step_run *run);

/* The update alone, from the gradient as it stands. False: an update was not finite. */
bool step_run_update(step_run *run);

/* An op's context for one thread, and the first shard here. */
op_context step_run_context(const step_run *run, int thread);

#endif
