/* Two classes: thresholds on the probability of the second one, the positive class,
 * and its calibration. */
#include "common/exit.h"
#include "common/predictions.h"
#include "diagnostics/diagnostics_parts.h"

#include <math.h>
#include <stdlib.h>

nnfs_status positive_begin(diagnostics *made, nnfs_error *error)
{
    if (made->classes != 2 || made->judged != 2 || !made->probabilities) {
        return NNFS_OK;
    }
    made->positive_scores = calloc((size_t)made->samples, sizeof *made->positive_scores);
    made->positive_labels = calloc((size_t)made->samples, sizeof *made->positive_labels);
    made->thresholds = calloc((size_t)made->samples, sizeof *made->thresholds);
    if (made->positive_scores && made->positive_labels && made->thresholds) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}

void positive_add(diagnostics *made, const diagnostics_block *block)
{
    for (int64_t i = 0; made->positive_scores && i < block->count; i++) {
        const float *outputs = block->outputs + i * made->outputs;
        made->positive_scores[block->first + i] =
            predictions_probability(made->outputs, outputs, 1);
        made->positive_labels[block->first + i] = block->labels[i];
    }
}

/* Bins of nearly the same number of samples each: rare positives have small probabilities
 * all of them. */
static void fill_bins(diagnostics *made)
{
    const nnfs_threshold *at = made->thresholds;
    nnfs_threshold before = {0};
    int index = DIAGNOSTICS_BINS - 1; /* the highest probabilities come first */
    for (int64_t i = 0; i < made->threshold_count; before = at[i++]) {
        positive_bin *bin = &made->positive_bins[index];
        int64_t positives = at[i].true_positives - before.true_positives;
        int64_t count = positives + at[i].false_positives - before.false_positives;
        bin->count += count;
        bin->probability += (double)count * (double)at[i].score;
        bin->share += (double)positives;
        int64_t seen = at[i].true_positives + at[i].false_positives;
        while (index > 0 && seen * DIAGNOSTICS_BINS >= (DIAGNOSTICS_BINS - index) * made->samples) {
            index--;
        }
    }
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        positive_bin *bin = &made->positive_bins[i];
        if (bin->count > 0) {
            bin->probability /= (double)bin->count;
            bin->share /= (double)bin->count;
        } else {
            bin->probability = bin->share = (double)NAN;
        }
    }
}

/* A probability that is NaN has no thresholds. */
static bool are_numbers(const diagnostics *made)
{
    for (int64_t i = 0; i < made->samples; i++) {
        if (isnan(made->positive_scores[i])) {
            return false;
        }
    }
    return true;
}

nnfs_status positive_end(diagnostics *made, nnfs_error *error)
{
    const double *costs = made->settings.costs;
    if (!made->thresholds || !are_numbers(made)) {
        return NNFS_OK;
    }
    TRY(nnfs_thresholds(made->positive_scores, made->positive_labels, made->samples,
                        made->thresholds, &made->threshold_count, error));
    made->best_f1 = nnfs_threshold_for_f1(made->thresholds, made->threshold_count);
    made->least_cost =
        nnfs_threshold_for_costs(made->thresholds, made->threshold_count, costs[0], costs[1]);
    fill_bins(made);
    return NNFS_OK;
}

class_scores threshold_scores(const diagnostics *known, const nnfs_threshold *at)
{
    int64_t positives = known->thresholds[known->threshold_count - 1].true_positives;
    int64_t right = at->true_positives;
    int64_t chosen = right + at->false_positives;
    int64_t both = positives + chosen;
    return (class_scores){
        .support = positives,
        .right = right,
        .chosen = chosen,
        .precision = chosen > 0 ? (double)right / (double)chosen : 0.0,
        .recall = positives > 0 ? (double)right / (double)positives : 0.0,
        .f1 = both > 0 ? 2.0 * (double)right / (double)both : 0.0,
    };
}

/* Whether a curve shows more if it has a point at `to` beside the one at `from`. */
static bool curve_moves(const diagnostics *known, const nnfs_threshold *from,
                        const nnfs_threshold *to)
{
    const nnfs_threshold *all = &known->thresholds[known->threshold_count - 1];
    double ones = (double)(to->true_positives - from->true_positives);
    double zeros = (double)(to->false_positives - from->false_positives);
    double precision =
        threshold_scores(known, to).precision - threshold_scores(known, from).precision;
    return ones >= 0.01 * (double)all->true_positives + 0.5 ||
           zeros >= 0.01 * (double)all->false_positives + 0.5 || fabs(precision) >= 0.02;
}

bool curve_next(const diagnostics *known, int64_t *index)
{
    int64_t last = known->threshold_count - 1;
    int64_t from = *index;
    if (from >= last) {
        return false;
    }
    do {
        ++*index;
    } while (from >= 0 && *index < last &&
             !curve_moves(known, &known->thresholds[from], &known->thresholds[*index]));
    return true;
}
