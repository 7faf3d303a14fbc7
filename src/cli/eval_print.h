/* What nnfs-eval prints of its details, under the lines of nnfs_evaluation. */
#ifndef NNFS_CLI_EVAL_PRINT_H
#define NNFS_CLI_EVAL_PRINT_H

#include "details.h"
#include "terminal.h"

typedef struct eval_print {
    terminal screen;
    bool confusion;   /* the whole matrix, however large */
    bool binary;      /* TP, FP, FN and TN a class */
    bool calibration; /* a line a bin */
} eval_print;

void print_classes(const details *known, const eval_print *how);
void print_numbers(const details *known, const eval_print *how);

/* Left-aligned in `width` letters, which printf would count as bytes. */
void print_padded(const char *name, int width);

#endif
