/*
 * The BLAS as a process-wide resource: which one runs (Debian decides that at run time), pinned to
 * one thread while nnfs computes, warmed up and tested before it is trusted.
 */
#ifndef NNFS_MATH_BLAS_RUNTIME_H
#define NNFS_MATH_BLAS_RUNTIME_H

#include "base/status.h"

#include <stdbool.h>

typedef struct blas_info {
    char name[64];          /* "OpenBLAS 0.3.21 (pthread)", or "naive loops" */
    char kernel[32];        /* "Haswell"; empty where it does not say */
    char better_kernel[32]; /* for OPENBLAS_CORETYPE, where it is not at its best; else empty */
    bool reentrant;         /* may be called from several threads at once */
    char advice[192]; /* one sentence where another kernel or build would be better; else empty */
} blas_info;

/* What runs. Cheap; safe from any thread. */
void blas_describe(blas_info *info);

/*
 * OpenBLAS's AVX-512 kernels read A and B in place for products of at most this many multiply-adds.
 * Packing them would take a fifth of the arithmetic's time for the shapes of a small layer. 0: no
 * such kernels. A^T B is computed in place only if C has at most BLAS_IN_PLACE_OUTPUTS elements,
 * each a sum of at least BLAS_IN_PLACE_DEPTH terms.
 */
#define BLAS_IN_PLACE_LIMIT   1000000
#define BLAS_IN_PLACE_OUTPUTS 1200
#define BLAS_IN_PLACE_DEPTH   32
int blas_in_place_limit(void);

/*
 * The threads that the BLAS itself would use for a product, 0 if it does not say; other BLAS than
 * OpenBLAS and BLIS ignore the setting.
 */
int blas_own_threads(void);
void blas_set_own_threads(int threads);

/*
 * Brackets every computation: from the first enter to the last leave the BLAS is pinned
 * to one thread (we bring our own), then the caller's setting is given back. Counted,
 * safe from any thread.
 */
void blas_enter(void);
void blas_leave(void);

/*
 * The threads to compute with when `wanted` are asked for (0 is all, see cpu_threads): 1 if the
 * BLAS is not re-entrant, and never more than it was built for.
 */
int blas_threads(int wanted);

/*
 * Once a process, and again for more threads: each of `threads` threads makes a first call at the
 * same time, so that the BLAS gets its buffers now, and a few products of every kind are compared
 * with the naive loops. A few milliseconds. Errors: BACKEND, MEMORY.
 */
nnfs_status blas_prepare(int threads, nnfs_error *error);

#endif
