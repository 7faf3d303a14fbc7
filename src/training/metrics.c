/* The metrics of classes. */
#include "training/metrics.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "training/ranking.h"

#include <math.h>

/* ---- Chosen classes ---- */

/* How often a class was right, was there, and was chosen. */
typedef struct class_counts {
    int64_t right, there, chosen;
} class_counts;

nnfs_status metrics_of_classes(const int32_t *chosen, const int32_t *labels, int64_t samples,
                               int classes, nnfs_evaluation *evaluation, nnfs_error *error)
{
    class_counts *counts = memory_alloc_zeroed((size_t)classes, sizeof *counts);
    if (!counts) {
        return fail_memory(error, size_mul((size_t)classes, sizeof *counts), "evaluation");
    }
    for (int64_t i = 0; i < samples; i++) {
        counts[labels[i]].there++;
        counts[labels[i]].right += chosen[i] == labels[i];
        if (chosen[i] < classes) {
            counts[chosen[i]].chosen++;
        }
    }
    int64_t right = 0;
    double f1 = 0.0;
    for (int i = 0; i < classes; i++) {
        /* 2 TP + FP + FN = there + chosen */
        int64_t both = counts[i].there + counts[i].chosen;
        if (both > 0) {
            f1 += 2.0 * (double)counts[i].right / (double)both;
        }
        right += counts[i].right;
    }
    evaluation->accuracy = (double)right / (double)samples;
    evaluation->macro_f1 = f1 / classes;
    memory_free(counts);
    return NNFS_OK;
}

/* ---- Scores ---- */

nnfs_status metrics_of_scores(const float *scores, const int32_t *labels, int64_t samples,
                              nnfs_evaluation *evaluation, nnfs_error *error)
{
    ranking ranked;
    evaluation->roc_auc = evaluation->average_precision = (double)NAN;
    nnfs_status status = ranking_create(scores, labels, samples, &ranked, error);
    if (status == NNFS_OK && ranked.ordered && ranked.zeros > 0 && ranked.ones > 0) {
        nnfs_threshold before = {0};
        nnfs_threshold level = {0};
        uint64_t pairs =
            0; /* twice U: of a pair of equals each counts 1; at most 2 * 2^31 * 2^31 */
        double precision = 0.0;
        while (ranking_next(&ranked, &level)) {
            int64_t ones = level.true_positives - before.true_positives;
            int64_t zeros = level.false_positives - before.false_positives;
            pairs += (uint64_t)zeros * (uint64_t)(2 * before.true_positives + ones);
            precision += (double)ones * threshold_precision(&level);
            before = level;
        }
        evaluation->roc_auc = 0.5 * (double)pairs / ((double)ranked.zeros * (double)ranked.ones);
        evaluation->average_precision = precision / (double)ranked.ones;
    }
    ranking_free(&ranked);
    return status;
}

double metrics_log_loss(const float *probabilities, const int32_t *labels, int rows, int columns)
{
    double sum = 0.0;
    for (int j = 0; j < columns; j++) {
        const float *column = probabilities + (size_t)j * (size_t)rows;
        double p = (double)column[0];
        if (rows > 1) {
            p = (double)column[labels[j]];
        } else if (labels[j] == 0) {
            p = 1.0 - p;
        }
        sum -= log(MAX(1e-15, p));
    }
    return sum;
}

/* ---- Labels ---- */

nnfs_status metrics_of_label(const float *scores, const int32_t *labels, int64_t samples,
                             nnfs_evaluation *made, nnfs_error *error)
{
    int64_t right = 0;
    int64_t both = 0; /* true positives */
    int64_t there = 0;
    int64_t chosen = 0;
    for (int64_t j = 0; j < samples; j++) {
        bool is_chosen = scores[j] > 0.5f;
        right += is_chosen == (labels[j] != 0);
        both += is_chosen && labels[j];
        there += labels[j];
        chosen += is_chosen;
        made->log_loss += metrics_log_loss(scores + j, labels + j, 1, 1);
    }
    made->log_loss /= (double)samples;
    made->loss = made->log_loss;
    made->accuracy = (double)right / (double)samples;
    if (there + chosen > 0) {
        made->macro_f1 = 2.0 * (double)both / (double)(there + chosen);
    }
    return metrics_of_scores(scores, labels, samples, made, error);
}
