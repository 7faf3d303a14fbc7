/* A loss as files name it. */
#ifndef NNFS_MATH_LOSS_TEXT_H
#define NNFS_MATH_LOSS_TEXT_H

#include <nnfs/nnfs.h>

/* "mse", or "quantile:0.9", and back: -1 where there is no such loss. */
typedef struct loss_text {
    char text[40];
} loss_text;

loss_text loss_write(nnfs_loss which, float quantile);
int loss_read(const char *text, float *quantile);

#endif
