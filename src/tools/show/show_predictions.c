/* What a sample is, and what a network says of it. */
#include "common/class_names.h"
#include "common/exit.h"
#include "common/text.h"
#include "show/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static target_text class_text(const char *name)
{
    target_text target;
    (void)snprintf(target.text, sizeof target.text, "%s", name ? text_name(name).text : "");
    return target;
}

/* "1.5" or "1.5, 20" */
static target_text numbers_text(const float *numbers, int count)
{
    target_text target = {""};
    size_t used = 0;
    for (int i = 0; i < count && used < sizeof target.text; i++) {
        used += (size_t)snprintf(target.text + used, sizeof target.text - used, "%s%s",
                                 text_between(i, ", "), text_measure((double)numbers[i]).text);
    }
    return target;
}

target_text truth_text(const nnfs_dataset *data, int64_t sample)
{
    int32_t label = 0;
    int outputs = nnfs_dataset_outputs(data);
    if (!nnfs_dataset_has_targets(data)) {
        return (target_text){""};
    }
    if (nnfs_dataset_classes(data) > 0) {
        (void)nnfs_dataset_copy(data, sample, 1, NULL, &label, NULL, NULL);
        return class_text(nnfs_dataset_class_name(data, label));
    }
    float *numbers = calloc((size_t)outputs, sizeof *numbers);
    target_text text = {""};
    if (numbers && nnfs_dataset_copy(data, sample, 1, NULL, NULL, numbers, NULL) == NNFS_OK) {
        text = numbers_text(numbers, outputs);
    }
    free(numbers);
    return text;
}

static void judge_class(const show *from, const prediction_layout *what, int64_t sample,
                        const float *outputs, shown_prediction *prediction)
{
    short_text number;
    int32_t label = -1;
    int chosen = predictions_class(what->outputs, outputs, NAN);
    float probability = predictions_probability(what->outputs, outputs, chosen);
    prediction->text = class_text(class_name(what->data, chosen, &number));
    if (probability >= 0.0f && probability <= 1.0f) {
        (void)snprintf(prediction->probability.text, sizeof prediction->probability.text, "%.1f %%",
                       100.0 * (double)probability);
    }
    if (nnfs_dataset_has_targets(from->loaded.chosen)) {
        (void)nnfs_dataset_copy(from->loaded.chosen, sample, 1, NULL, &label, NULL, NULL);
        if (label == chosen) {
            prediction->verdict = VERDICT_RIGHT;
        } else {
            prediction->verdict = VERDICT_WRONG;
        }
    }
}

nnfs_status predict_sample(const show *from, int64_t sample, shown_prediction *prediction,
                           nnfs_error *error)
{
    const model_data *loaded = &from->loaded;
    prediction_layout what = predictions_of(loaded->network, loaded->chosen);
    float *outputs = calloc((size_t)what.outputs, sizeof *outputs);
    *prediction = (shown_prediction){.verdict = VERDICT_NONE};
    if (!outputs) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = nnfs_predict_dataset(loaded->network, loaded->chosen, sample, 1,
                                              loaded->machine.threads, outputs, error);
    if (status == NNFS_OK && what.classes > 0) {
        judge_class(from, &what, sample, outputs, prediction);
    } else if (status == NNFS_OK) {
        prediction->text = numbers_text(outputs, what.outputs);
    }
    free(outputs);
    return status;
}
