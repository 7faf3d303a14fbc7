/* The measures of how good a network is, as lines and logs name them. */
#ifndef NNFS_TOOLS_COMMON_METRICS_TEXT_H
#define NNFS_TOOLS_COMMON_METRICS_TEXT_H

#include "common/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct metric {
    const char *key;  /* "macro_f1", in JSON */
    const char *name; /* "macro F1" */
    size_t offset;    /* in nnfs_evaluation */
    short_text (*text)(double value);
    bool detail; /* for nnfs-eval and JSON alone */
    bool rare;   /* JSON leaves it out where it was not measured */
} metric;

/* From 0 on, NULL past the last. */
const metric *metric_at(int index);
double metric_value(const metric *what, const nnfs_evaluation *evaluation);

/* Sets a key to a value of the metric. */
void metric_log(json_t *object, const char *key, const metric *what, double value);

/*
 * Whether it was measured, is no detail and says something that the loss does not: the log loss is
 * the loss itself where that is a cross-entropy.
 */
bool metric_applies(const metric *what, const nnfs_evaluation *evaluation, nnfs_loss loss);

/* Writes " RMSE 1.5  MAE 1.2 ", what applies. */
void metrics_write(FILE *out, const nnfs_evaluation *evaluation, nnfs_loss loss);

#endif
