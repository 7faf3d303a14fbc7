/*
 * The tiles of a step: what a thread does, on its own, with the tile that it has claimed.
 */
#ifndef NNFS_TRAINING_STEP_TILES_H
#define NNFS_TRAINING_STEP_TILES_H

#include "training/step.h"

/* The columns that go through both phases together: samples first .. first + count - 1 of a step. */
typedef struct step_chunk {
    int64_t first;
    int count;
    bool opens;   /* the first chunk of its step: the gradient starts anew */
    int partials; /* partial gradients of the step: tiles that its first chunk has */
    bool closes;  /* the last one: the optimizer runs */
    float scale;  /* 1 / terms in the mean over the whole step */
    optimizer_step optimizer;
} step_chunk;

/* Tile `index` of a stage of phase 1. False if the seam refused a product. */
bool tile_of_stage(const step_run *run, const step_chunk *chunk, const plan_stage *stage,
                   int index);

/* A block of phase 2. False if the seam refused its product, or an update was not finite. */
bool tile_of_weights(const step_run *run, const step_chunk *chunk, const plan_block *block);

/* The optimizer on a block, from the gradient buffer. False if an update was not finite. */
bool tile_update(nnfs_trainer *trainer, const optimizer_step *step, const plan_block *block);

#endif
