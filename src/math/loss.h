/*
 * The losses, a row each. On a tile of the output layer a loss yields the sum of the samples'
 * losses and, in training, the delta dL/dz. Some losses are fused with their activation and take
 * its logits, which is exact where outputs would have been rounded to 0 or 1.
 */
#ifndef NNFS_MATH_LOSS_H
#define NNFS_MATH_LOSS_H

#include "math/activation.h"

/*
 * The output layer's tile, [rows x columns] column-major without gaps, and what it
 * should have been.
 */
typedef struct loss_tile {
    float *z;              /* in: what the output activation takes, with the bias */
    float *outputs;        /* out: f(z), the network's outputs; may be z's tile unless f keeps z */
    const int32_t *labels; /* [columns] class indices; with one row, 0 and 1; or NULL */
    const float *targets;  /* [rows x columns], where there are no labels */
    /* Labels of mixed samples: each counts with its share, [columns], and a partner, [columns],
     * with the rest. NULL: samples are not mixed. */
    const float *shares;
    const int32_t *partners;
    /* [columns] what each column's loss and delta are multiplied by, or NULL */
    const float *weights;
    float *scratch;        /* [rows], of this thread */
    float *delta;          /* [rows x columns] out: dL/dz * scale; NULL: not wanted */
    float scale;           /* 1 / number of terms in the mean */
    float quantile;        /* of NNFS_QUANTILE */
    float label_smoothing; /* share e of each target, which becomes (1 - e) y + e / choices */
    int rows;
    int columns;
} loss_tile;

typedef struct loss_function {
    const char *name;

    /* The sum over the tile of each term's loss, not yet divided by anything. */
    double (*forward_backward)(const loss_tile *tile, const activation *output);

    bool fused; /* with `partner`, the only activation it goes with */
    nnfs_activation partner;
    bool smooths;           /* knows label smoothing */
    bool mean_over_outputs; /* the mean is over samples and outputs, not over samples alone */
} loss_function;

/* The row of a loss, NULL for a value that is none. */
const loss_function *loss_of(nnfs_loss which);

/* The row of each column's largest output (with one row: 1 if it is above a half), [columns]. */
void choose_classes(const float *outputs, int rows, int columns, int32_t *chosen);

/* How many columns' largest output stands at the label (with one row: is on its side of a half). */
int64_t count_correct(const float *outputs, const int32_t *labels, int rows, int columns);

#endif
