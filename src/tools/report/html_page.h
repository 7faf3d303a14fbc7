/* The report of one run or several: one file of HTML, without scripts, that loads
 * nothing from elsewhere. */
#ifndef NNFS_TOOLS_REPORT_HTML_PAGE_H
#define NNFS_TOOLS_REPORT_HTML_PAGE_H

#include "report/run_record.h"

#include <stdio.h>

/* Trouble with `out` shows in ferror. Errors: MEMORY. */
nnfs_status html_page(FILE *out, const run_record *runs, size_t count, nnfs_error *error);

/* ---- html_style.c ---- */

/* The text of report.css, from the build. */
extern const char report_css[];

void html_style(FILE *out);

/* ---- html_head.c: what one reads first ---- */

/* The title of the page, and its first lines. */
void html_title(FILE *out, const run_record *runs, size_t count);
void html_head(FILE *out, const run_record *runs, size_t count);
/* "98.05 % accuracy on the test data" */
void html_headline(FILE *out, const run_record *run);
/* "784-128-10" */
void html_shape(FILE *out, const run_record *run);

/* ---- html_curves.c: how training went, epoch by epoch ---- */

/* Errors: MEMORY. */
nnfs_status html_curves(FILE *out, const run_record *runs, size_t count, nnfs_error *error);

/* ---- html_runs.c: tables of runs ---- */

void html_runs(FILE *out, const run_record *runs, size_t count);
void html_folds(FILE *out, const run_record *run);
void html_profile(FILE *out, const run_record *run);
void html_settings(FILE *out, const run_record *run);

/* ---- html_columns.c ---- */

void html_columns(FILE *out, const run_record *run);

/* ---- html_importance.c ---- */

/* Errors: MEMORY. */
nnfs_status html_importance(FILE *out, const run_record *run, nnfs_error *error);

/* ---- html_confusion.c, html_classes.c, html_numbers.c, html_pictures.c, html_positive.c:
 * one evaluation ---- */

void html_confusion(FILE *out, const json_t *evaluation);
void html_classes(FILE *out, const json_t *evaluation);
/* Errors of these three: MEMORY. */
nnfs_status html_calibration(FILE *out, const json_t *evaluation, nnfs_error *error);
nnfs_status html_positive(FILE *out, const json_t *evaluation, nnfs_error *error);
nnfs_status html_targets(FILE *out, const json_t *evaluation, nnfs_error *error);
void html_mistakes(FILE *out, const json_t *evaluation);
/* The first layer. */
void html_weights(FILE *out, const run_record *run);

#endif
