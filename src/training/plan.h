/*
 * The plan of a step: which columns are a tile of phase 1, which blocks of the weights a tile of
 * phase 2. It depends on the shapes alone, never on the number of threads, so that the same
 * products are computed, and the same bits result, whoever computes them.
 */
#ifndef NNFS_TRAINING_PLAN_H
#define NNFS_TRAINING_PLAN_H

#include "network/network.h"

/* Tile of phase 2: some columns of one layer's W, together with its biases where it is the first.
 */
typedef struct plan_block {
    int layer;
    int first; /* column of W, which is an input of the layer */
    int count;
} plan_block;

typedef struct step_plan {
    int chunk;         /* columns that go through the two phases together, at most */
    int tile;          /* columns a tile of phase 1 */
    int tiles;         /* tiles a chunk, at most */
    int blocks;        /* tiles of phase 2 */
    int threads;       /* that a step can keep busy, at most */
    plan_block *block; /* [blocks] */
} step_plan;

/* Plans steps of `batch` samples, 0 being many. Freed by plan_free. Errors: MEMORY. */
nnfs_status plan_create(step_plan *plan, const nnfs_network *network, int64_t batch,
                        nnfs_error *error);
void plan_free(step_plan *plan);

/* How many columns a tile of inference has. */
int plan_inference_tile(const nnfs_network *network, int64_t samples);

#endif
