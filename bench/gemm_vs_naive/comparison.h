/*
 * How far two results may lie apart. The tolerance of a product follows from its sizes and from its
 * factors: their norms, and how much each already differs between the two sides.
 */
#ifndef NNFS_BENCH_COMPARISON_H
#define NNFS_BENCH_COMPARISON_H

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* Where two results are closest to disagreeing. */
typedef struct comparison {
    double difference, tolerance;
    const char *what; /* differs */
} comparison;

#define COMPARISON_NONE ((comparison){-1.0, 1.0, ""})

static inline bool comparison_agrees(const comparison *c)
{
    return c->difference <= c->tolerance; /* false for NaN, too */
}

/* Keeps the new pair if it comes closer; after a disagreement nothing does. */
static inline void comparison_add(comparison *worst, double difference, double tolerance,
                                  const char *what)
{
    if (comparison_agrees(worst) &&
        (!(difference <= tolerance) ||
         difference * worst->tolerance > worst->difference * tolerance)) {
        *worst = (comparison){difference, tolerance, what};
    }
}

/* ---- Norms ---- */

enum { MAX_VECTORS = 2048 };

/* Of the rows or columns of a matrix that each side has its own copy of. */
typedef struct norms {
    double size[MAX_VECTORS];       /* |x|, large enough for both sides */
    double difference[MAX_VECTORS]; /* |x - other| */
} norms;

/* x and other [rows x columns], column-major; other is NULL where both sides share x. */
void norms_of_rows(const float *x, const float *other, int rows, int columns, norms *n);
void norms_of_columns(const float *x, const float *other, int rows, int columns, norms *n);

/*
 * How far two computed sums of k terms x_p y_p may lie apart. In any order, each is within
 * k u |x||y| of its true value (Higham 2002, section 3.5; u = eps / 2), and the true values are
 * within |dx||y| + |x||dy| of each other.
 */
static inline double sum_tolerance(const norms *x, int i, const norms *y, int j, int k)
{
    return x->difference[i] * y->size[j] + x->size[i] * y->difference[j] +
           (double)FLT_EPSILON * k * x->size[i] * y->size[j];
}

#endif
