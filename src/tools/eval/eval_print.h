/* What nnfs-eval prints of its diagnostics, under the lines of nnfs_evaluation. */
#ifndef NNFS_TOOLS_EVAL_EVAL_PRINT_H
#define NNFS_TOOLS_EVAL_EVAL_PRINT_H

#include "common/terminal.h"
#include "diagnostics/column_effects.h"
#include "diagnostics/diagnostics.h"

typedef struct eval_print {
    terminal screen;
    bool confusion;   /* the whole matrix, however large */
    bool binary;      /* TP, FP, FN and TN a class */
    bool calibration; /* a line a bin */
    bool costs;       /* the threshold of least cost */
} eval_print;

void print_classes(const diagnostics *known, const eval_print *how);
void print_numbers(const diagnostics *known, const eval_print *how);

/* ---- eval_importance.c ---- */

void print_importance(const column_effects *effects, const eval_print *how);

/* ---- eval_positive.c ---- */

void print_thresholds(const diagnostics *known, const eval_print *how);
void print_positive_calibration(const diagnostics *known);

/* ---- eval_confusion.c ---- */

void print_confusion(const diagnostics *known, const eval_print *how);

/* ---- eval_names.c ---- */

enum { LEAST_PAIR = 10 }; /* letters of "predicted" and one more */

/* Left-aligned in `width` letters, which printf would count as bytes. */
void print_padded(const char *name, int width);
/* The same, but cuts a longer text. */
void print_text(const char *text, int width);
/* Of a class; the second cuts what is longer. */
void print_name(const diagnostics *known, int index, int width);
void print_cut(const diagnostics *known, int index, int width);
/* Of a class; and of the longest of all, but not less than `least`. */
int name_width(const diagnostics *known, int index);
int names_width(const diagnostics *known, int least);
/* `width`, but at most what there is room for, and no less than `least`. */
int cut_to(int width, int room, int least);

#endif
