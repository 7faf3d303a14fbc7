/* The second half of the look at a table: what there is to predict. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/lines.h"
#include "common/text.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TARGETS_MOST = 10,
    CLASSES_MOST = 10,
    BLOCK = 4096, /* samples looked at at a time */
};

/* ---- Numbers ---- */

typedef struct target_range {
    double least, most, sum, squares;
} target_range;

/* Of the training part, in the targets' own units; ranges [outputs]. */
static nnfs_status measure_targets(const nnfs_dataset *data, target_range *ranges,
                                   nnfs_error *error)
{
    int outputs = nnfs_dataset_outputs(data);
    int64_t samples = nnfs_dataset_samples(data);
    float *block = calloc((size_t)outputs, BLOCK * sizeof *block);
    nnfs_status status = NNFS_OK;
    if (!block) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int64_t first = 0; status == NNFS_OK && first < samples; first += BLOCK) {
        int64_t count = BLOCK;
        if (samples - first < BLOCK) {
            count = samples - first;
        }
        status = nnfs_dataset_copy(data, first, count, NULL, NULL, block, error);
        for (int64_t i = 0; status == NNFS_OK && i < count * outputs; i++) {
            target_range *range = &ranges[i % outputs];
            double y = (double)block[i];
            range->least = fmin(range->least, y);
            range->most = fmax(range->most, y);
            range->sum += y;
            range->squares += y * y;
        }
    }
    free(block);
    return status;
}

/* The third moment of a target that is negative nowhere, by the cube of its deviation,
 * is above this. */
static const double least_skewness = 1.0;

nnfs_status target_is_skewed(const nnfs_dataset *data, bool *is_skewed, nnfs_error *error)
{
    int64_t samples = nnfs_dataset_samples(data);
    size_t outputs = (size_t)nnfs_dataset_outputs(data);
    float *y = calloc((size_t)samples * outputs, sizeof *y);
    double least = HUGE_VAL;
    double sums[3] = {0.0};
    nnfs_status status;
    *is_skewed = false;
    if (!y) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    TRY_CLEANUP(nnfs_dataset_copy(data, 0, samples, NULL, NULL, y, error));
    for (size_t i = 0; i < (size_t)samples * outputs; i++) {
        least = fmin(least, (double)y[i]);
        sums[0] += (double)y[i] / (double)samples;
    }
    for (size_t i = 0; outputs == 1 && i < (size_t)samples; i++) {
        double off = (double)y[i] - sums[0];
        sums[1] += off * off / (double)samples;
        sums[2] += off * off * off / (double)samples;
    }
    *is_skewed = least >= 0.0 && sums[2] > least_skewness * pow(sums[1], 1.5);
cleanup:
    free(y);
    return status;
}

static void show_range(const train_run *run, int index, const target_range *range)
{
    double samples = (double)nnfs_dataset_samples(run->train.set);
    double mean = range->sum / samples;
    double variance = range->squares / samples - mean * mean;
    const char *name = nnfs_preprocessing_target(run->preprocessing, index).name;
    line_print(stderr, "predicts  %s: %s to %s, mean %s, deviation %s%s\n",
               name ? text_name(name).text : "the target", text_measure(range->least).text,
               text_measure(range->most).text, text_measure(mean).text,
               text_measure(sqrt(MAX(variance, 0.0))).text,
               nnfs_preprocessing_target(run->preprocessing, index).is_log ? ", log scale" : "");
}

static nnfs_status show_numbers(const train_run *run, nnfs_error *error)
{
    int outputs = nnfs_dataset_outputs(run->train.set);
    target_range *ranges = calloc((size_t)outputs, sizeof *ranges);
    if (!ranges) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int i = 0; i < outputs; i++) {
        ranges[i] = (target_range){.least = HUGE_VAL, .most = -HUGE_VAL};
    }
    nnfs_status status = measure_targets(run->train.set, ranges, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    for (int i = 0; i < outputs; i++) {
        if (i < TARGETS_MOST) {
            show_range(run, i, &ranges[i]);
        }
    }
    if (outputs > TARGETS_MOST) {
        line_print(stderr, "predicts  %d more\n", outputs - TARGETS_MOST);
    }
cleanup:
    free(ranges);
    return status;
}

/* ---- Classes ---- */

typedef struct class_count {
    int index;
    int64_t samples;
} class_count;

static int by_samples(const void *left, const void *right)
{
    const class_count *a = left;
    const class_count *b = right;
    if (a->samples != b->samples) {
        return (a->samples < b->samples) - (a->samples > b->samples);
    }
    return (a->index > b->index) - (a->index < b->index);
}

static void show_counts(const train_run *run, const class_count *counts, int classes)
{
    double all = (double)nnfs_dataset_samples(run->train.set);
    const char *name = nnfs_preprocessing_target(run->preprocessing, 0).name;
    line_print(stderr, "predicts  %s, %s classes: ", name ? text_name(name).text : "the target",
               text_count(classes).text);
    for (int i = 0; i < classes && i < CLASSES_MOST; i++) {
        name_text class = text_name(nnfs_dataset_class_name(run->train.set, counts[i].index));
        line_print(stderr, "%s%s %s (%.1f %%)", text_between(i, ", "), class.text,
                   text_count(counts[i].samples).text, 100.0 * (double)counts[i].samples / all);
    }
    if (classes > CLASSES_MOST) {
        line_print(stderr, " and %s more", text_count(classes - CLASSES_MOST).text);
    }
    line_print(stderr, "\n");
}

/* So different that a network may do well by never naming the small one. */
static void warn_of_imbalance(const train_run *run, const class_count *counts, int classes)
{
    const class_count *large = &counts[0];
    const class_count *small = &counts[classes - 1];
    if (large->samples < 10 * small->samples || run->options->class_weight) {
        return;
    }
    name_text large_name = text_name(nnfs_dataset_class_name(run->train.set, large->index));
    name_text small_name = text_name(nnfs_dataset_class_name(run->train.set, small->index));
    cli_message(
        "warning: '%s' has %s samples, '%s' only %s; --class-weight balanced lets them count alike",
        large_name.text, text_count(large->samples).text, small_name.text,
        text_count(small->samples).text);
}

static nnfs_status show_classes(const train_run *run, nnfs_error *error)
{
    int classes = nnfs_dataset_classes(run->train.set);
    int64_t *samples = calloc((size_t)classes, sizeof *samples);
    class_count *counts = calloc((size_t)classes, sizeof *counts);
    nnfs_status status = NNFS_OK;
    if (samples && counts) {
        nnfs_dataset_class_samples(run->train.set, samples);
        for (int i = 0; i < classes; i++) {
            counts[i] = (class_count){i, samples[i]};
        }
        qsort(counts, (size_t)classes, sizeof *counts, by_samples);
        show_counts(run, counts, classes);
        warn_of_imbalance(run, counts, classes);
    } else {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    free(samples);
    free(counts);
    return status;
}

nnfs_status look_targets(const train_run *run, nnfs_error *error)
{
    if (nnfs_dataset_classes(run->train.set) > 0) {
        return show_classes(run, error);
    }
    return show_numbers(run, error);
}
