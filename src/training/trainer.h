/*
 * The trainer: a network, its gradient and optimizer state, the program of a step and the workspace
 * it runs in. Everything is allocated when it is made; a step allocates nothing.
 */
#ifndef NNFS_TRAINING_TRAINER_H
#define NNFS_TRAINING_TRAINER_H

#include "program/step_run.h"

#include <math.h>

/* An evaluation that was not made. */
#define EVALUATION_NONE                          \
    ((nnfs_evaluation){.loss = NAN,              \
                       .accuracy = NAN,          \
                       .macro_f1 = NAN,          \
                       .log_loss = NAN,          \
                       .roc_auc = NAN,           \
                       .average_precision = NAN, \
                       .rmse = NAN,              \
                       .mae = NAN,               \
                       .r2 = NAN,                \
                       .pinball = NAN,           \
                       .coverage = NAN})

/* The part of an epoch that was done before. */
typedef struct resume_point {
    step_sums sums;
    double seconds;
} resume_point;

/* Where early stopping stands. */
typedef struct stopping_state {
    double score; /* of the best epoch, the smaller the better */
    int epoch;    /* the best one, from 1; 0: none yet */
    int waited;   /* epochs since */
} stopping_state;

/* The checkpoints of the run a trainer is in; see training/checkpoints.h. */
typedef struct checkpoints checkpoints;

struct nnfs_trainer {
    nnfs_network *network;
    nnfs_train_settings settings; /* resolved */
    program program;
    workspace work;
    int threads;
    const gemm_backend *gemm;
    exchange exchange; /* with the other ranks */
    bool has_ranks;    /* there are others */
    profile *profile;  /* of the settings; NULL: none */

    int64_t steps; /* updates done */
    int epochs;    /* epochs done */
    schedule_state schedule;
    stopping_state stopping;
    float rate; /* set by hand; 0: the schedule's */
    /* What nnfs_trainer_gradient and _update are halves of: a step by hand. */
    int64_t hand_steps;
    resume_point resumed;     /* of the next epoch: a checkpoint was made in its middle */
    checkpoints *checkpoints; /* the run's; NULL: none */

    float *gradient; /* [network->parameter_floats], as the parameters lie; so are the next */
    float *states[STATES_MOST]; /* by train_state; NULL if it is not kept */
    bool exchanged; /* the network has the state that replaces its parameters, and the state them */
    float *epoch_start; /* parameters when the epoch began: to go back to if it diverges */
    float *last_good;   /* when an earlier one began that went well: if the first step diverges */
};

/* The network as it is evaluated and saved: with the parameters of the state that replaces them, if
 * one does. A view, good until the next step. */
nnfs_network trainer_evaluated(const nnfs_trainer *trainer);

/* Exchanges the network's parameters and the state that replaces them, if one does, or back. */
void trainer_exchange(nnfs_trainer *trainer, bool replaced);

/*
 * A run of steps over a dataset as the trainer stands, the network with its own parameters; needs
 * and order are left to set.
 */
step_run trainer_run(nnfs_trainer *trainer, const nnfs_dataset *dataset, int64_t batch);

#endif
