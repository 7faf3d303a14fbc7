/* The packed products against the BLAS: what the parts of the benchmark share. */
#ifndef NNFS_BENCH_KERNELS_H
#define NNFS_BENCH_KERNELS_H

#include "bench.h"
#include "math/gemm_packed.h"

typedef struct kernels_work {
    const char *network;
    int widths[BENCH_WIDTHS];
    int batch;
} kernels_work;

typedef struct kernels_options {
    bool quick;
    int threads;
    const char *works;
    const char *json;
} kernels_options;

typedef struct kernels_session {
    kernels_options options;
    bench_machine machine;
    json_t *rows; /* NULL without --json */
} kernels_session;

/* Numbers from -1 to 1. NULL if there is no memory. */
float *kernels_matrix(size_t floats);

/* The products of each layer, one by one, on one thread. */
bool run_products(kernels_session *s, const kernels_work *work);

/*
 * All products and packs of training steps, with relu and plain SGD, from an input that lies still,
 * by both dtypes, on one thread and on all.
 */
bool run_steps(kernels_session *s, const kernels_work *work);

#endif
