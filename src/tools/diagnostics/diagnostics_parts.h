/* What diagnostics.c gives its two kinds: outputs and targets a block at a time. */
#ifndef NNFS_TOOLS_DIAGNOSTICS_DIAGNOSTICS_PARTS_H
#define NNFS_TOOLS_DIAGNOSTICS_DIAGNOSTICS_PARTS_H

#include "diagnostics/diagnostics.h"

typedef struct diagnostics_block {
    int64_t first, count;
    const float *outputs;  /* [outputs x count] */
    const int32_t *labels; /* [count], of classes */
    const float *targets;  /* [outputs x count], of numbers */
} diagnostics_block;

/* Room for them; counting a block; and what follows from all. Errors: MEMORY. */
nnfs_status classes_begin(diagnostics *made, nnfs_error *error);
void classes_add(diagnostics *made, const diagnostics_block *block);
void classes_end(diagnostics *made);

nnfs_status positive_begin(diagnostics *made, nnfs_error *error);
void positive_add(diagnostics *made, const diagnostics_block *block);
nnfs_status positive_end(diagnostics *made, nnfs_error *error);

nnfs_status numbers_begin(diagnostics *made, float **residuals, nnfs_error *error);
/* residuals [samples x outputs], a target after the other */
void numbers_add(diagnostics *made, const diagnostics_block *block, float *residuals);
void numbers_end(diagnostics *made, float *residuals);
/* The values of the worst rows, which are known only now. */
nnfs_status numbers_look_up(const ensemble *of, int threads, diagnostics *made, nnfs_error *error);

/* Keeps it if it is among the worst; of equal ones the earlier row. */
void mistake_add(diagnostics *made, mistake one);

#endif
