/*
 * The trainer: a network, its gradient and optimizer state, the plan of a step and the buffers that
 * a step works in. Everything is allocated when it is made; a step allocates nothing.
 */
#ifndef NNFS_TRAINING_TRAINER_H
#define NNFS_TRAINING_TRAINER_H

#include "base/phases.h"
#include "data/dataset.h"
#include "network/pass.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "training/governor.h"
#include "training/plan.h"

#include <math.h>

/* An evaluation that was not made. */
#define EVALUATION_NONE                 \
    ((nnfs_evaluation){.loss = NAN,     \
                       .accuracy = NAN, \
                       .macro_f1 = NAN, \
                       .log_loss = NAN, \
                       .roc_auc = NAN,  \
                       .rmse = NAN,     \
                       .mae = NAN,      \
                       .r2 = NAN})

/* What a tile of columns came to, added up in tile order. On a cache line of its own. */
typedef struct tile_record {
    _Alignas(64) double loss; /* sum over the tile */
    int64_t correct;
} tile_record;

/* What whole steps came to. */
typedef struct step_sums {
    int64_t steps;
    int64_t samples;
    double loss; /* sum of terms over them, each before its step's update */
    int64_t correct;
} step_sums;

/* The part of an epoch that was done before. */
typedef struct epoch_part {
    step_sums sums;
    double seconds;
} epoch_part;

/* The checkpoints of the run a trainer is in; see training/checkpoints.h. */
typedef struct checkpoints checkpoints;

struct nnfs_trainer {
    nnfs_network *network;
    nnfs_train_settings settings; /* resolved */
    step_plan plan;
    phases phases;     /* of the run of steps under way */
    governor governor; /* who takes their tiles */
    pass_buffers pass; /* [units x plan.chunk] each */
    int64_t steps;     /* updates done */
    int epochs;        /* epochs done */
    schedule_state schedule;
    epoch_part begun;         /* of the next epoch: a checkpoint was made in its middle */
    checkpoints *checkpoints; /* the run's; NULL: none */

    float *gradient; /* [network->parameter_floats], as the parameters lie; so are the next two */
    float *first;    /* the optimizer's states; NULL where it has none */
    float *second;
    float *found; /* the parameters as the epoch found them, to go back to if it diverges */
    float
        *good; /* and as an earlier one did, which went well: if the first step diverges already */

    float *partials; /* [network->parameter_floats x plan.partials], likewise; NULL: none */

    float *buffers;   /* what the pass points into, one allocation */
    float **pointers; /* the pass's arrays of pointers, one allocation */
    float *input;     /* [inputs x plan.chunk], what pass.input points to */
    int32_t *labels;  /* [plan.chunk] */
    float *targets;   /* [outputs x plan.chunk] */
    float *weights;   /* [plan.chunk] */
    float *scratch;   /* [scratch_floats] for each thread */
    size_t scratch_floats;
    tile_record *records; /* [plan.tiles] */
};

#endif
