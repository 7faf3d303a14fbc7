/* Classes: what each sample was taken for, and with what probability. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/predictions.h"
#include "diagnostics/diagnostics_parts.h"

#include <math.h>
#include <stdlib.h>

nnfs_status classes_begin(diagnostics *made, nnfs_error *error)
{
    size_t classes = (size_t)made->classes;
    made->confusion = calloc(classes, classes * sizeof *made->confusion);
    made->scores = calloc(classes, sizeof *made->scores);
    if (made->confusion && made->scores) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}

/* ---- A sample ---- */

/* How many classes stand before it, from the most probable on. */
static int rank_of(const diagnostics *made, const float *outputs, int index)
{
    int before = 0;
    if (made->classes == 2) {
        return predictions_class(made->outputs, outputs, made->settings.threshold) != index;
    }
    for (int i = 0; i < made->outputs; i++) {
        before += outputs[i] > outputs[index] || (i < index && outputs[i] == outputs[index]);
    }
    return before;
}

/* -log p of the right class; where outputs are no probabilities, how far it is behind. */
static double size_of(const diagnostics *made, float right, float chosen)
{
    if (made->probabilities) {
        return -log(fmax((double)right, 1e-15));
    }
    return (double)chosen - (double)right;
}

/* Sums for now: classes_end divides them. */
static void add_to_bin(diagnostics *made, double probability, bool right)
{
    int index = (int)ceil(probability * DIAGNOSTICS_BINS) - 1;
    index = MIN(MAX(index, 0), DIAGNOSTICS_BINS - 1);
    calibration_bin *bin = &made->bins[index];
    bin->count++;
    bin->confidence += probability;
    bin->accuracy += right;
}

static void add_sample(diagnostics *made, int64_t sample, const float *outputs, int label)
{
    int chosen = predictions_class(made->outputs, outputs, made->settings.threshold);
    float right = predictions_probability(made->outputs, outputs, label);
    float answer = predictions_probability(made->outputs, outputs, chosen);
    made->confusion[(size_t)label * (size_t)made->classes + (size_t)chosen]++;
    for (int rank = rank_of(made, outputs, label); rank < DIAGNOSTICS_TOP; rank++) {
        made->top[rank]++;
    }
    if (made->probabilities && !isnan(answer)) {
        add_to_bin(made, (double)answer, chosen == label);
    }
    if (chosen != label) {
        mistake one = {.sample = sample,
                       .size = size_of(made, right, answer),
                       .truth = label,
                       .predicted = chosen,
                       .probability = made->probabilities ? answer : NAN,
                       .truth_probability = made->probabilities ? right : NAN};
        mistake_add(made, one);
    }
}

void classes_add(diagnostics *made, const diagnostics_block *block)
{
    for (int64_t i = 0; i < block->count; i++) {
        add_sample(made, block->first + i, block->outputs + i * made->outputs, block->labels[i]);
    }
    positive_add(made, block);
}

/* ---- All samples ---- */

static double share(int64_t part, int64_t whole)
{
    if (whole > 0) {
        return (double)part / (double)whole;
    }
    return 0.0;
}

static void score_class(diagnostics *made, int index)
{
    class_scores *scores = &made->scores[index];
    size_t classes = (size_t)made->classes;
    const int64_t *row = made->confusion + (size_t)index * classes;
    scores->right = row[index];
    for (size_t i = 0; i < classes; i++) {
        scores->support += row[i];
        scores->chosen += made->confusion[i * classes + (size_t)index];
    }
    scores->precision = share(scores->right, scores->chosen);
    scores->recall = share(scores->right, scores->support);
    scores->f1 = share(2 * scores->right, scores->support + scores->chosen);
}

static void add_scaled(class_scores *sum, const class_scores *scores, double scale)
{
    sum->support += scores->support;
    sum->right += scores->right;
    sum->chosen += scores->chosen;
    sum->precision += scale * scores->precision;
    sum->recall += scale * scores->recall;
    sum->f1 += scale * scores->f1;
}

static void score_all(diagnostics *made)
{
    int occurring = 0;
    for (int i = 0; i < made->classes; i++) {
        score_class(made, i);
    }
    for (int i = 0; i < made->judged; i++) {
        const class_scores *scores = &made->scores[i];
        add_scaled(&made->macro, scores, 1.0 / made->judged);
        add_scaled(&made->weighted, scores, share(scores->support, made->samples));
        made->balanced_accuracy += scores->recall;
        occurring += scores->support > 0;
    }
    if (occurring > 0) {
        made->balanced_accuracy /= occurring;
    } else {
        made->balanced_accuracy /= 1;
    }
}

static void calibrate(diagnostics *made)
{
    int64_t all = 0;
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        calibration_bin *bin = &made->bins[i];
        made->calibration_error += fabs(bin->accuracy - bin->confidence);
        all += bin->count;
        if (bin->count > 0) {
            bin->confidence = bin->confidence / (double)bin->count;
        } else {
            bin->confidence = (double)NAN;
        }
        if (bin->count > 0) {
            bin->accuracy = bin->accuracy / (double)bin->count;
        } else {
            bin->accuracy = (double)NAN;
        }
    }
    if (all > 0) {
        made->calibration_error = made->calibration_error / (double)all;
    } else {
        made->calibration_error = (double)NAN;
    }
}

void classes_end(diagnostics *made)
{
    score_all(made);
    calibrate(made);
}
