/*
 * The learning-rate schedules: which share of the learning rate a step gets. It is a
 * function of the step's place in the run and of a small state alone, so every thread works it out
 * for itself. The definitions are those of torch.optim.lr_scheduler; exponential, cosine and
 * one_cycle move with each step, not with each epoch.
 */
#ifndef NNFS_OPTIM_SCHEDULE_H
#define NNFS_OPTIM_SCHEDULE_H

#include <nnfs/nnfs.h>

/* What the history of the losses has led to; all that a schedule remembers. */
typedef struct schedule_state {
    double best;  /* loss, that a later one must beat */
    double share; /* of the learning rate that plateau has left */
    int waited;   /* epochs since the best one, or since the last reduction */
} schedule_state;

/* A step's place in the run. */
typedef struct schedule_time {
    int epoch;     /* epochs done */
    int64_t step;  /* steps done in the epoch that runs */
    int64_t steps; /* steps an epoch, at least 1 */
} schedule_time;

schedule_state schedule_begin(void);

/* Takes note of an epoch's loss, which matters to plateau alone. */
void schedule_note(schedule_state *state, const nnfs_train_settings *settings, double loss);

/* The learning rate of a step under resolved settings. */
float schedule_rate(const nnfs_train_settings *settings, const schedule_state *state,
                    const schedule_time *time);

#endif
