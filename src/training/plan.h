/*
 * The plan of a step: in which stages phase 1 computes the deltas, and in which blocks phase 2
 * updates the weights. It depends on the shapes alone, never on the number of threads, so that the
 * same products are computed, and the same bits result, whoever computes them.
 *
 * Phase 1 is a sequence of operations on the columns of a chunk: for L layers, operation 0 gathers,
 * 1 .. L are the layers forward, L + 1 is the loss, and L + 2 .. 2 L are the layers backward, from
 * the last to the second. Most can be done column by column, so a stage is a run of operations that
 * a thread does on a tile of columns without meeting anyone. A layer with a large W is a stage of
 * its own, cut into tiles of rows instead: each packs its part of W once, where every tile of
 * columns would pack all of it. A stage begins when the one before is over.
 *
 * In a large batch of a small network a tile of columns goes on to the gradient, operation 2 L + 1, while
 * its samples are in the core's own cache: tile t of every chunk adds to the t-th of so many partial
 * gradients, and phase 2 adds these up.
 */
#ifndef NNFS_TRAINING_PLAN_H
#define NNFS_TRAINING_PLAN_H

#include "network/network.h"

typedef struct plan_stage {
    int first, last; /* operations */
    int rows;        /* a tile, of one operation; 0 if a tile has all rows */
    int columns;     /* a tile */
} plan_stage;

/*
 * Tile of phase 2: some columns of one layer's W, together with its biases where it is the first.
 */
typedef struct plan_block {
    int layer;
    int first; /* column of W, which is an input of the layer */
    int count;
} plan_block;

typedef struct step_plan {
    int chunk;    /* columns that go through the two phases together, at most */
    int tile;     /* columns a tile of phase 1 */
    int tiles;    /* of columns a chunk, at most */
    int partials; /* partial gradients, one a tile of a chunk; 0: phase 2 computes the gradient */
    int stages;   /* of phase 1 */
    plan_stage *stage; /* [stages] */
    int blocks;        /* tiles of phase 2 */
    plan_block *block; /* [blocks] */
    int most_tiles;    /* that a stage, or phase 2, has */
    int threads;       /* that a step can keep busy, at most */
} step_plan;

/* What an operation of phase 1 does. */
typedef enum plan_kind {
    PLAN_GATHER,
    PLAN_FORWARD, /* layer `layer` */
    PLAN_LOSS,
    PLAN_BACKWARD, /* through layer `layer`, to the delta of the one before */
    PLAN_GRADIENT, /* of all layers */
} plan_kind;

typedef struct plan_operation {
    plan_kind kind;
    int layer;
} plan_operation;

plan_operation plan_operation_of(const nnfs_network *network, int operation);

/* Rows of the matrix that a forward or backward operation computes. */
int plan_operation_rows(const nnfs_network *network, plan_operation operation);

/* Plans steps of `batch` samples, 0 being many. Freed by plan_free. Errors: MEMORY. */
nnfs_status plan_create(step_plan *plan, const nnfs_network *network, int64_t batch,
                        nnfs_error *error);
void plan_free(step_plan *plan);

/* How many tiles a stage has on a chunk of so many columns. */
int plan_stage_tiles(const plan_stage *stage, const nnfs_network *network, int columns);

/* How many columns a tile of inference has. */
int plan_inference_tile(int64_t samples);

#endif
