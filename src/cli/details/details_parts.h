/* What details.c gives its two kinds: outputs and targets a block at a time. */
#ifndef NNFS_CLI_DETAILS_PARTS_H
#define NNFS_CLI_DETAILS_PARTS_H

#include "details/details.h"

typedef struct details_block {
    int64_t first, count;
    const float *outputs;  /* [outputs x count] */
    const int32_t *labels; /* [count], of classes */
    const float *targets;  /* [outputs x count], of numbers */
} details_block;

/* Room for them; counting a block; and what follows from all. Errors: MEMORY. */
nnfs_status classes_begin(details *made, nnfs_error *error);
void classes_add(details *made, const details_block *block);
void classes_end(details *made);

nnfs_status numbers_begin(details *made, float **residuals, nnfs_error *error);
/* residuals [samples x outputs], a target after the other */
void numbers_add(details *made, const details_block *block, float *residuals);
void numbers_end(details *made, float *residuals);
/* The values of the worst rows, which are known only now. */
nnfs_status numbers_look_up(const nnfs_network *network, int threads, details *made,
                            nnfs_error *error);

/* Keeps it if it is among the worst; of equal ones the earlier row. */
void mistake_add(details *made, mistake one);

#endif
