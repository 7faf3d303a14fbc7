/*
 * The program of a step: a list of ops, compiled once from a network, settings and a batch
 * size. Ops that one thread can do on the same tile without meeting another are a chain; chains
 * whose tiles may run at the same time are a stage; a stage begins when all tiles of the one
 * before are complete.
 *
 * Everything is decided by shapes: no field depends on the number of threads, and so no bit of
 * a result does.
 */
#ifndef NNFS_PROGRAM_PROGRAM_H
#define NNFS_PROGRAM_PROGRAM_H

#include "program/op.h"

/* What a program is for: a forward pass alone leaves the ops of training out. */
typedef enum program_purpose {
    PROGRAM_TRAIN,
    PROGRAM_EVALUATE, /* batch, forward, loss */
    PROGRAM_PREDICT,  /* forward, from inputs that lie in place */
} program_purpose;

/* Some ops, first to last, and the tiles that they share. */
typedef struct program_chain {
    int first, last;
} program_chain;

typedef struct program_stage {
    int first, last; /* chains */
    bool single;     /* one tile, of the calling thread */
    bool once;       /* its ops run once, not for each shard */
} program_stage;

/* Some layers, `last` to `first`, or the matrices of the inputs (-1), whose gradients
 * ranks exchange together. */
typedef struct program_bucket {
    int first, last;
    gradient_range range;
} program_bucket;

typedef struct program {
    program_op *ops; /* [op_count] */
    int op_count;
    program_chain *chains; /* [chain_count] */
    int chain_count;
    program_stage *stages; /* [stage_count] */
    int stage_count;

    /* [bucket_count] in the order in which their gradients are made; of several ranks */
    program_bucket *buckets;
    int bucket_count;

    int shards;        /* of a batch; each has its own tiles, operands and gradient */
    shard_range range; /* those of this process */
    int chunk;         /* samples of a shard that go through the program together, at most */
    int tile_columns;  /* samples of a tile that goes through several ops */
    int partials;      /* gradients of single tiles; 0: the gradient is of a chunk */
    int tiles;         /* that a stage has for all shards here, at most */
    int threads;       /* that a step can keep busy, at most */

    size_t work_floats;     /* of SPACE_WORK */
    size_t packed_floats;   /* of SPACE_PACKED */
    size_t sums;            /* doubles */
    size_t gradient_floats; /* of SPACE_GRADIENT */
    operand x, output;      /* the inputs, and the outputs of the network */
} program;

/* What a program is compiled from, beside the network. */
typedef struct program_settings {
    program_purpose purpose;
    int64_t batch;                /* samples a step; 0: many */
    int rank, ranks;              /* 0 ranks: as 1 */
    nnfs_train_settings training; /* resolved; read by PROGRAM_TRAIN alone */
} program_settings;

/* Freed by program_free, also after a failure. Errors: MEMORY. */
nnfs_status program_compile(const nnfs_network *network, const program_settings *settings,
                            program *made, nnfs_error *error);
void program_free(program *p);

/* The first op of that kind in a layer; NULL if there is none. */
const program_op *program_find(const program *p, const op_kind *kind, int layer);

/* Tiles of a chain, and of a stage, on a chunk of `samples` samples of a shard; at least one. */
int program_chain_tiles(const program *p, const program_chain *chain, int samples);
int program_stage_tiles(const program *p, const program_stage *stage, int samples);

/* Tiles of a grid, and tile `index` of them. */
int op_grid_tiles(const op_grid *grid, int samples);
op_tile op_tile_at(const op_grid *grid, int index, int samples);

/* Multiply-adds and operands of an op on a whole chunk. */
op_cost program_op_cost(const program *p, const program_op *op, int samples);

#endif
