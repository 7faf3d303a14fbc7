/* The memory that the steps of a program need. It belongs to one run at a time. */
#ifndef NNFS_PROGRAM_WORKSPACE_H
#define NNFS_PROGRAM_WORKSPACE_H

#include "base/phases.h"
#include "program/governor.h"
#include "program/program.h"

/* What the samples of a shard work in. */
typedef struct shard_work {
    op_state state;
    float *x;        /* [inputs x chunk] */
    float *work;     /* SPACE_WORK */
    float *partials; /* SPACE_PARTIALS, or NULL */
    float *leaf;     /* [gradient_floats] its gradient; NULL: the run's */
} shard_work;

/* What a program works in. */
typedef struct workspace {
    void *memory;       /* of all buffers of the workspaces made together; in the first of them */
    shard_work *shards; /* [shard_count] */
    int shard_count;
    float **leaves; /* [shard_count] of the run under way */
    float *packed;  /* SPACE_PACKED, or NULL */
    float *scratch; /* [scratch_floats] for each thread */
    size_t scratch_floats;
    bool *runs;    /* [2 x stages] whether a stage runs in a chunk; then, in the last of a step */
    phases phases; /* of the run under way */
    governor governor; /* how many threads take tiles */
} workspace;

/*
 * `count` workspaces, in one block of memory, for up to `threads` threads each; all are freed by
 * workspace_free of the first, also after a failure. Errors: MEMORY.
 */
nnfs_status workspace_create(workspace *made, int count, const program *p,
                             const nnfs_network *network, int threads, nnfs_error *error);
void workspace_free(workspace *w);

#endif
