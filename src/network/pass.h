/*
 * The passes, layer by layer and tile by tile. A tile is a block of a layer's matrix: all rows of
 * some columns (samples), where a thread goes through several layers on its own, or some rows
 * (units) of all columns, where W is so large that every column tile would repack it.
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

typedef struct pass_tile {
    int row, rows;
    int column, columns;
} pass_tile;

/*
 * The tile of layer `index`'s a; of the output layer z with its bias, the logits (its activation is
 * left to the loss or to pass_outputs). Reads all rows of the layer before, in the same columns.
 * False if the seam refused the product.
 */
bool pass_forward_layer(const pass_buffers *pass, int index, pass_tile tile);

/* The tile of layer `index - 1`'s d, from all rows of layer `index`'s d in the same columns. */
bool pass_backward_layer(const pass_buffers *pass, int index, pass_tile tile);

/* pass_forward_layer for all layers, on the first `columns` columns. */
bool pass_forward(const pass_buffers *pass, int columns);

/* Then a of the output layer, in place of its z. zeros: [outputs] zeros. */
void pass_outputs(const pass_buffers *pass, int columns, const float *zeros);

#endif
