/*
 * Whole training steps and whole inference passes: by the same code but for the backend of its
 * products, on all threads.
 */
#ifndef NNFS_BENCH_WHOLE_H
#define NNFS_BENCH_WHOLE_H

#include "gemm_vs_naive/agreement.h"
#include "gemm_vs_naive/gemm_vs_naive.h"

struct whole;

/* One of the two that are compared. */
typedef struct side {
    struct whole *whole;
    const gemm_backend *gemm;
    nnfs_network *network; /* being trained */
    nnfs_trainer *trainer;
    double loss; /* of its last step */
    nnfs_status status;
    nnfs_error error; /* of what failed */
} side;

typedef struct whole {
    bench *bench;
    const test_network *shape;
    int batch;             /* of the row */
    int samples;           /* fewer with --check, where the batch is large */
    nnfs_network *network; /* untrained: what inference runs, and steps begin with */
    side sides[2];         /* naive, BLAS; the first alone if there is no BLAS */
    int side_count;
    float *features; /* [784 x MAX_BATCH] */
    int32_t *labels; /* [MAX_BATCH] */
    agreement agreement;
} whole;

/* What is timed (whole_row.c). */
enum { WHOLE_STEP, WHOLE_INFERENCE, WHOLE_KINDS };

/* The side keeps the first failure. */
static inline void side_note(side *x, nnfs_status status)
{
    x->status = x->status == NNFS_OK ? status : x->status;
}

/* Whether all went well so far; else says on stderr what did not. */
bool whole_is_well(const whole *w);

/*
 * Runs the kind on both sides, compares and, without --check, times and reports it, and sets
 * *ratio, naive time over BLAS time. False, said on stderr, if something failed or disagreed.
 */
bool whole_row(whole *w, int kind, double *ratio);

#endif
