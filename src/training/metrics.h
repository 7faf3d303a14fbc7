/*
 * Metrics of predicted classes and scores, after the network has run. All count or sum in the order
 * of the samples, so the same predictions give the same bits.
 */
#ifndef NNFS_TRAINING_METRICS_H
#define NNFS_TRAINING_METRICS_H

#include "base/status.h"

/*
 * Accuracy and macro F1 of `samples` chosen classes against their labels, which are below
 * `classes`; what is chosen may be beyond. Errors: MEMORY.
 */
nnfs_status metrics_of_classes(const int32_t *chosen, const int32_t *labels, int64_t samples,
                               int classes, nnfs_evaluation *evaluation, nnfs_error *error);

/*
 * The area under the ROC curve and the average precision: see nnfs_evaluation. Both NaN without
 * samples of both classes, or if a score is NaN. Errors: MEMORY.
 */
nnfs_status metrics_of_scores(const float *scores, const int32_t *labels, int64_t samples,
                              nnfs_evaluation *evaluation, nnfs_error *error);

/*
 * Sum over [rows x columns] of -log of the probability that each label has, not below 1e-15. One
 * row has that of class 1.
 */
double metrics_log_loss(const float *probabilities, const int32_t *labels, int rows, int columns);

/*
 * One label of several: scores [samples] are its probabilities, labels 0 or 1. Fills the losses,
 * which begin at 0, accuracy, the F1 of 1, and what metrics_of_scores does. Errors: MEMORY.
 */
nnfs_status metrics_of_label(const float *scores, const int32_t *labels, int64_t samples,
                             nnfs_evaluation *made, nnfs_error *error);

#endif
