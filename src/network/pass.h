/*
 * The passes over a tile, which is a run of columns: forward from the inputs to the output layer's
 * logits, backward from its delta to the first layer's. Whoever holds a tile meets nobody else.
 */
#ifndef NNFS_NETWORK_PASS_H
#define NNFS_NETWORK_PASS_H

#include "base/profile.h"
#include "math/gemm.h"
#include "network/network.h"

/* The buffers a pass works in, each [units x columns] column-major; [layer_count] of each kind. */
typedef struct pass_buffers {
    const nnfs_network *network;
    const gemm_backend *gemm;
    const float *input; /* [inputs x columns] */
    float **z;          /* what each activation takes; the same buffer as a unless f keeps z */
    float **a;          /* what it gives */
    float **d;          /* dL/dz; unused by forward */
    profile *profile;   /* where laps are noted; NULL: nowhere */
} pass_buffers;

/*
 * For the columns first .. first + count - 1: a of all hidden layers, and z of the output layer
 * with its bias (the logits; its activation is left to the loss or to pass_outputs). False if the
 * seam refused a product.
 */
bool pass_forward(const pass_buffers *pass, int first, int count);

/* Then a of the output layer, in place of its z. zeros: [outputs] zeros. */
void pass_outputs(const pass_buffers *pass, int first, int count, const float *zeros);

/* From d of the output layer, d of all layers before it. False if the seam refused a product. */
bool pass_backward(const pass_buffers *pass, int first, int count);

#endif
