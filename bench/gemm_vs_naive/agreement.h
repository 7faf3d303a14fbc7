/*
 * Whether two passes or steps agree, operation by operation: each one's tolerance follows from its
 * own rounding and from how far its operands, compared before, really lie apart. End to end the
 * worst case would grow by a norm of W with every layer and would forgive almost anything.
 */
#ifndef NNFS_BENCH_AGREEMENT_H
#define NNFS_BENCH_AGREEMENT_H

#include "gemm_vs_naive/comparison.h"
#include "training/trainer.h"

/* Two trainers that did the same from the same parameters, hidden layers relu, outputs softmax. */
typedef struct agreement {
    const nnfs_trainer *trainers[2];
    const nnfs_network *before; /* with the parameters that both began with */
    const float *features;      /* [inputs x batch] */
    int batch;
    comparison worst;
    double loss_tolerance; /* set by agreement_forward */
    norms x, y;            /* room to work in */
} agreement;

/* The outputs of a layer in the trainer's workspace, [out x batch], after the trainer's step. */
float *agreement_outputs(const nnfs_trainer *trainer, int index);

/* The activations of all layers, as they stand in the trainers' buffers. */
void agreement_forward(agreement *g);

/* After agreement_forward, what else a step leaves: loss, deltas, gradients and weights. */
void agreement_step(agreement *g, const double losses[2]);

#endif
