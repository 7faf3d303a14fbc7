/*
 * Where the time of a step goes: each thread notes, whenever it is done with a part, the time since
 * it was done with the last one, so that the parts of a thread add up to all of its time. Where
 * there is no profile (NULL), a lap is the test of a pointer.
 */
#ifndef NNFS_BASE_PROFILE_H
#define NNFS_BASE_PROFILE_H

#include <stdint.h>

/* The matrix products of a layer. */
typedef enum profile_product {
    PROFILE_FORWARD,  /* Z = W A */
    PROFILE_BACKWARD, /* D_prev = W^T D */
    PROFILE_GRADIENT, /* dW = D A^T */
    PROFILE_PRODUCTS,
} profile_product;

/* Everything else. */
typedef enum profile_part {
    PROFILE_GATHER,
    PROFILE_ELEMENTWISE, /* biases, activations and their derivatives, loss, sums */
    PROFILE_OPTIMIZER,
    PROFILE_WAITING, /* for a phase to be over, and what one thread does in between */
    PROFILE_PARTS,
} profile_part;

/* What came together, over all threads. */
typedef struct profile_sum {
    double seconds; /* of all threads together */
    int64_t laps;   /* calls, for a product */
    double flops;   /* 0 for all but products */
    double bytes;   /* that the operands of the products have; likewise */
} profile_sum;

typedef struct profile profile;

/* For so many layers and threads. NULL: no memory. profile_free accepts NULL. */
profile *profile_create(int layers, int threads);
void profile_free(profile *p);

/*
 * Around a region, by the one thread that is there then. The threads begin with a lap of waiting,
 * for the region to get going, and wait for its end when they are done: so all of the time between
 * the two calls is some part's.
 */
void profile_enter_on(profile *p);
static inline void profile_enter(profile *p)
{
    if (p) {
        profile_enter_on(p);
    }
}

void profile_leave_on(profile *p);
static inline void profile_leave(profile *p)
{
    if (p) {
        profile_leave_on(p);
    }
}

/* The calling thread of the region is done with a part. */
void profile_lap_on(profile *p, profile_part part);
static inline void profile_lap(profile *p, profile_part part)
{
    if (p) {
        profile_lap_on(p, part);
    }
}

/* Likewise with a product of a layer: [m x k] times [k x n]. */
void profile_lap_product_on(profile *p, int layer, profile_product kind, int m, int n, int k);
static inline void profile_lap_product(profile *p, int layer, profile_product kind, int m, int n,
                                       int k)
{
    if (p) {
        profile_lap_product_on(p, layer, kind, m, n, k);
    }
}

/* What there is of the regions that have ended. Not while one runs. */
profile_sum profile_of_part(const profile *p, profile_part part);
profile_sum profile_of_product(const profile *p, int layer, profile_product kind);

#endif
