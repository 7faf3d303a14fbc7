/*
 * Inference: forward passes over tiles of samples, each thread in buffers of its own. Prediction
 * and evaluation are two visitors of the same walk.
 */
#ifndef NNFS_TRAINING_INFER_H
#define NNFS_TRAINING_INFER_H

#include "network/pass.h"

/* What a thread works in, for one tile at a time. */
typedef struct infer_thread {
    pass_buffers pass;
    float *input;    /* [inputs x tile], for visitors that gather; pass.input may point elsewhere */
    int32_t *labels; /* [tile] */
    float *targets;  /* [outputs x tile] */
    float *scratch;  /* [outputs], zeros */
} infer_thread;

/*
 * A walk over samples 0 .. samples - 1 in tiles. The visitor does one tile: false ends in an error.
 */
typedef struct infer_walk {
    const nnfs_network *network;
    const gemm_backend *gemm;
    int64_t samples;
    int threads; /* 0: all */
    bool (*visit)(const struct infer_walk *walk, infer_thread *thread, int tile, int64_t first,
                  int count);
    void *user;
} infer_walk;

/* How many of the threads asked for (0: all) a walk over so many samples keeps busy. */
int infer_threads(int64_t samples, int threads);

/* Runs the walk. Errors: MEMORY, BACKEND. */
nnfs_status infer_run(const infer_walk *walk, nnfs_error *error);

#endif
