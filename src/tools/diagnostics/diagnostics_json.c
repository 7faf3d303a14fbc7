/* What is known of predictions, as JSON. */
#include "diagnostics/diagnostics_json.h"

#include "common/class_names.h"

#include <math.h>

/* A matrix of more classes is no use to anyone who reads JSON. */
enum { MATRIX_MOST = 200 };

static void append(json_t *list, json_t *value)
{
    (void)json_array_append_new(list, value);
}

static json_t *real(double value)
{
    if (isfinite(value)) {
        return json_real(value);
    }
    return json_null();
}

static json_t *text(const char *name)
{
    json_t *string = json_string(name); /* NULL if it is not UTF-8 */
    if (string) {
        return string;
    }
    return json_null();
}

/* ---- Classes ---- */

static json_t *class_names(const diagnostics *known)
{
    json_t *list = json_array();
    short_text number;
    for (int i = 0; i < known->classes; i++) {
        append(list, text(class_name(known->data, i, &number)));
    }
    return list;
}

static json_t *confusion(const diagnostics *known)
{
    if (known->classes > MATRIX_MOST) {
        return json_null();
    }
    json_t *matrix = json_array();
    const int64_t *at = known->confusion;
    for (int i = 0; i < known->classes; i++) {
        json_t *row = json_array();
        for (int j = 0; j < known->classes; j++) {
            append(row, json_integer(*at++));
        }
        append(matrix, row);
    }
    return matrix;
}

static void set_scores(json_t *object, const class_scores *scores)
{
    json_set_real(object, "precision", scores->precision);
    json_set_real(object, "recall", scores->recall);
    json_set_real(object, "f1", scores->f1);
    json_set_integer(object, "support", scores->support);
}

static json_t *per_class(const diagnostics *known)
{
    json_t *list = json_array();
    short_text number;
    for (int i = 0; i < known->classes; i++) {
        const class_scores *scores = &known->scores[i];
        json_t *object = json_object();
        json_set_string(object, "class", class_name(known->data, i, &number));
        set_scores(object, scores);
        json_set_integer(object, "tp", scores->right);
        json_set_integer(object, "fp", scores->chosen - scores->right);
        json_set_integer(object, "fn", scores->support - scores->right);
        json_set_integer(object, "tn",
                         known->samples - scores->support - scores->chosen + scores->right);
        append(list, object);
    }
    return list;
}

static json_t *mean(const class_scores *scores)
{
    json_t *object = json_object();
    set_scores(object, scores);
    return object;
}

static json_t *top(const diagnostics *known)
{
    json_t *list = json_array();
    for (int i = 0; i < DIAGNOSTICS_TOP; i++) {
        append(list, real((double)known->top[i] / (double)known->samples));
    }
    return list;
}

static json_t *calibration(const diagnostics *known)
{
    if (!known->probabilities) {
        return json_null();
    }
    json_t *list = json_array();
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        json_t *object = json_object();
        json_set_real(object, "from", (double)i / DIAGNOSTICS_BINS);
        json_set_real(object, "to", (double)(i + 1) / DIAGNOSTICS_BINS);
        json_set_integer(object, "count", known->bins[i].count);
        json_set_real(object, "confidence", known->bins[i].confidence);
        json_set_real(object, "accuracy", known->bins[i].accuracy);
        append(list, object);
    }
    return list;
}

static json_t *threshold(const diagnostics *known, const nnfs_threshold *at)
{
    class_scores scores = threshold_scores(known, at);
    json_t *object = json_object();
    json_set_float(object, "threshold", at->score);
    json_set_real(object, "precision", scores.precision);
    json_set_real(object, "recall", scores.recall);
    json_set_real(object, "f1", scores.f1);
    json_set_integer(object, "tp", scores.right);
    json_set_integer(object, "fp", scores.chosen - scores.right);
    json_set_integer(object, "fn", scores.support - scores.right);
    return object;
}

/* Lists side by side: for the curves of ROC and of precision and recall. */
static json_t *curve(const diagnostics *known)
{
    json_t *scores = json_array();
    json_t *right = json_array();
    json_t *wrong = json_array();
    for (int64_t i = -1; curve_next(known, &i);) {
        append(scores, real((double)known->thresholds[i].score));
        append(right, json_integer(known->thresholds[i].true_positives));
        append(wrong, json_integer(known->thresholds[i].false_positives));
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "threshold", scores);
    (void)json_object_set_new(object, "tp", right);
    (void)json_object_set_new(object, "fp", wrong);
    return object;
}

static json_t *positive_bins(const diagnostics *known)
{
    json_t *list = json_array();
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        const positive_bin *bin = &known->positive_bins[i];
        json_t *object = json_object();
        json_set_integer(object, "count", bin->count);
        json_set_real(object, "probability", bin->probability);
        json_set_real(object, "share", bin->share);
        append(list, object);
    }
    return list;
}

/* The second of two classes. */
static json_t *positive(const diagnostics *known)
{
    short_text number;
    if (known->threshold_count == 0) {
        return json_null();
    }
    const nnfs_threshold *all = &known->thresholds[known->threshold_count - 1];
    json_t *object = json_object();
    json_set_string(object, "class", class_name(known->data, 1, &number));
    json_set_integer(object, "positives", all->true_positives);
    json_set_integer(object, "negatives", all->false_positives);
    json_set_real(object, "threshold", known->settings.threshold);
    (void)json_object_set_new(
        object, "costs", json_pack("[ff]", known->settings.costs[0], known->settings.costs[1]));
    (void)json_object_set_new(object, "best_f1", threshold(known, &known->best_f1));
    (void)json_object_set_new(object, "least_cost", threshold(known, &known->least_cost));
    (void)json_object_set_new(object, "calibration", positive_bins(known));
    (void)json_object_set_new(object, "curve", curve(known));
    return object;
}

static json_t *wrong_classes(const diagnostics *known)
{
    json_t *list = json_array();
    short_text number;
    for (int i = 0; i < known->mistake_count; i++) {
        const mistake *one = &known->mistakes[i];
        json_t *object = json_object();
        json_set_integer(object, "row", diagnostics_row(known, i));
        json_set_string(object, "truth", class_name(known->data, one->truth, &number));
        json_set_string(object, "predicted", class_name(known->data, one->predicted, &number));
        json_set_float(object, "probability", one->probability);
        json_set_float(object, "truth_probability", one->truth_probability);
        append(list, object);
    }
    return list;
}

static void set_classes(json_t *object, const diagnostics *known)
{
    (void)json_object_set_new(object, "classes", class_names(known));
    (void)json_object_set_new(object, "confusion", confusion(known));
    (void)json_object_set_new(object, "per_class", per_class(known));
    (void)json_object_set_new(object, "macro", mean(&known->macro));
    (void)json_object_set_new(object, "weighted", mean(&known->weighted));
    json_set_real(object, "balanced_accuracy", known->balanced_accuracy);
    (void)json_object_set_new(object, "top_k", top(known));
    (void)json_object_set_new(object, "calibration", calibration(known));
    json_set_real(object, "calibration_error", known->calibration_error);
    (void)json_object_set_new(object, "positive", positive(known));
    (void)json_object_set_new(object, "mistakes", wrong_classes(known));
}

/* ---- Numbers ---- */

static json_t *histogram(const target_scores *target)
{
    json_t *counts = json_array();
    for (int i = 0; i < DIAGNOSTICS_COUNTS; i++) {
        append(counts, json_integer(target->counts[i]));
    }
    json_t *object = json_object();
    json_set_real(object, "from", target->from);
    json_set_real(object, "to", target->to);
    (void)json_object_set_new(object, "counts", counts);
    return object;
}

static json_t *quantiles(const target_scores *target)
{
    json_t *list = json_array();
    for (int i = 0; i < DIAGNOSTICS_QUANTILES; i++) {
        json_t *pair = json_array();
        append(pair, json_real(diagnostics_quantiles[i]));
        append(pair, real(target->quantiles[i]));
        append(list, pair);
    }
    return list;
}

static json_t *scatter(const diagnostics *known, int index)
{
    json_t *list = json_array();
    for (int i = 0; i < known->points; i++) {
        const float *point = known->scatter + (size_t)i * 2 * (size_t)known->outputs;
        json_t *pair = json_array();
        append(pair, real((double)point[index]));
        append(pair, real((double)point[known->outputs + index]));
        append(list, pair);
    }
    return list;
}

static json_t *targets(const diagnostics *known)
{
    json_t *list = json_array();
    short_text number;
    for (int i = 0; i < known->outputs; i++) {
        const target_scores *target = &known->targets[i];
        json_t *object = json_object();
        json_set_string(object, "name", diagnostics_target_name(known, i, &number));
        json_set_real(object, "rmse", target->rmse);
        json_set_real(object, "mae", target->mae);
        json_set_real(object, "r2", target->r2);
        if (target->label.samples > 0) {
            json_set_real(object, "accuracy", target->label.accuracy);
            json_set_real(object, "f1", target->label.macro_f1);
            json_set_real(object, "log_loss", target->label.log_loss);
            json_set_real(object, "roc_auc", target->label.roc_auc);
            json_set_real(object, "average_precision", target->label.average_precision);
        }
        (void)json_object_set_new(object, "quantiles", quantiles(target));
        (void)json_object_set_new(object, "residuals", histogram(target));
        (void)json_object_set_new(object, "scatter", scatter(known, i));
        append(list, object);
    }
    return list;
}

/* A number where there is one target, else a list. */
static json_t *numbers(const float *values, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        append(list, real((double)values[i]));
    }
    if (count > 1) {
        return list;
    }
    json_decref(list);
    return real((double)values[0]);
}

static json_t *wrong_numbers(const diagnostics *known)
{
    json_t *list = json_array();
    for (int i = 0; i < known->mistake_count; i++) {
        const float *values = known->mistake_values + (size_t)i * 2 * (size_t)known->outputs;
        json_t *object = json_object();
        json_set_integer(object, "row", diagnostics_row(known, i));
        (void)json_object_set_new(object, "truth", numbers(values, known->outputs));
        (void)json_object_set_new(object, "predicted",
                                  numbers(values + known->outputs, known->outputs));
        append(list, object);
    }
    return list;
}

static void set_numbers(json_t *object, const diagnostics *known)
{
    (void)json_object_set_new(object, "targets", targets(known));
    (void)json_object_set_new(object, "mistakes", wrong_numbers(known));
}

void diagnostics_to_json(json_t *object, const diagnostics *known)
{
    (known->classes > 0 ? set_classes : set_numbers)(object, known);
}
