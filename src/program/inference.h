/*
 * Inference: a forward program on tiles of samples, each thread in a workspace of its own.
 * Prediction and evaluation are two callbacks on the same tiles. Batch normalisation is folded into
 * a copy of the weights.
 */
#ifndef NNFS_PROGRAM_INFERENCE_H
#define NNFS_PROGRAM_INFERENCE_H

#include "program/step_run.h"

typedef struct inference {
    const nnfs_network *network; /* what runs: the caller's, or the folded copy */
    nnfs_network *folded;        /* NULL: there is nothing to fold */
    const gemm_backend *gemm;
    program program;
    workspace *work; /* [threads] */
    int threads;
    float *packed; /* weights in bfloat16 [packed_floats x networks of an ensemble], or NULL */
    size_t packed_floats;
    /* NULL, or room for what is averaged: [outputs x members x samples x networks
     * of an ensemble] */
    float *member_outputs;
    int64_t samples; /* of it */
} inference;

/* Threads, of those asked for (0: all), that a call with this many samples keeps busy. */
int inference_threads_for(int64_t samples, int threads);

/*
 * For calls of up to `samples` samples, and on up to `threads` threads (0: all), but no more
 * than there are tiles. Gets the BLAS ready. Freed by inference_free, also after a failure.
 * Errors: MEMORY, BACKEND.
 */
nnfs_status inference_create(inference *made, const nnfs_network *network, program_purpose purpose,
                             const gemm_backend *gemm, int64_t samples, int threads,
                             nnfs_error *error);
void inference_free(inference *i);

/* A tile of samples, as the callback gets it. */
typedef struct inference_tile {
    inference *of;
    int thread;
    int index;     /* of the tile */
    int64_t first; /* sample */
    int count;
} inference_tile;

/* Returns false to stop: a matrix product failed. */
typedef bool inference_tile_callback(const inference_tile *tile, void *user);

/* Calls `callback` for the tiles of samples 0 .. samples - 1, on all threads. Errors: BACKEND. */
nnfs_status inference_run(inference *i, int64_t samples, inference_tile_callback *callback,
                          void *user, nnfs_error *error);

/* Room for the inputs of a tile [inputs x count]. */
float *inference_inputs(const inference_tile *tile);

/*
 * Runs the program on the tile: from inputs that lie at x, or (NULL) from samples `at` onwards of a
 * dataset. The outputs [outputs x count] are valid until the thread's next tile.
 */
bool inference_forward(const inference_tile *tile, const float *x, const nnfs_dataset *dataset,
                       int64_t at);
float *inference_outputs(const inference_tile *tile);
/* What the program of an evaluation leaves: labels or targets, and the loss of the tile. */
const op_state *inference_state(const inference_tile *tile);

#endif
