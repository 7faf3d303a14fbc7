/*
 * The profile of a training run as its reader sees it: the spans of all threads against what the
 * machine could do, measured when the trainer is made.
 */
#ifndef NNFS_TRAINING_ROOFLINE_H
#define NNFS_TRAINING_ROOFLINE_H

#include "base/profile.h"
#include "training/trainer.h"

struct nnfs_profile {
    profile *spans; /* a cell an op; NULL before there is a trainer */
    struct profiled_op {
        nnfs_part part;
        int layer;
    } * ops; /* [op_count] of the trainer's program, and one more */
    int op_count;
    int layers;
    int threads;
    int64_t batch;
    double peak;      /* GFLOP/s of the threads together */
    double bandwidth; /* bytes per second, measured */
    double bytes;     /* that a step works on */
};

/*
 * Begins the trainer's profile anew and measures the machine; the trainer's runs note their spans
 * there from now on. Nothing to do where its settings have no profile. Errors: MEMORY.
 */
nnfs_status roofline_attach(nnfs_trainer *trainer, nnfs_error *error);

#endif
