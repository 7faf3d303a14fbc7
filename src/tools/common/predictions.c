/* What the outputs of a network stand for. */
#include "common/predictions.h"
#include "common/bounds.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* A network for classes has an output for each, or one for the second of two. */
prediction_layout predictions_of(const nnfs_network *network, const nnfs_dataset *data)
{
    int outputs = nnfs_network_outputs(network);
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    bool classes = preprocessing ? nnfs_preprocessing_target(preprocessing, 0).classes > 0
                                 : nnfs_dataset_classes(data) > 0;
    return (prediction_layout){.data = data,
                               .preprocessing = preprocessing,
                               .classes = classes ? MAX(outputs, 2) : 0,
                               .outputs = outputs};
}

int predictions_class(int count, const float *outputs, double threshold)
{
    int chosen = 0;
    if (!isnan(threshold)) {
        return (double)outputs[count - 1] >= threshold;
    }
    for (int i = 1; i < count; i++) {
        if (outputs[i] > outputs[chosen]) {
            chosen = i;
        }
    }
    if (count == 1) {
        return outputs[0] > 0.5f;
    }
    return chosen;
}

float predictions_probability(int count, const float *outputs, int index)
{
    if (count > 1) {
        return outputs[index];
    }
    if (index == 1) {
        return outputs[0];
    }
    return 1.0f - outputs[0];
}

/* As in the library, the least number that has a logarithm stands for all below it. */
static double log_of(float number, float shift)
{
    return log(MAX((double)number + (double)shift, (double)FLT_MIN));
}

double predictions_residual(const nnfs_preprocessing *preprocessing, int target, float truth,
                            float predicted)
{
    double residual = (double)truth - (double)predicted;
    if (!preprocessing) {
        return residual;
    }
    nnfs_target learned = nnfs_preprocessing_target(preprocessing, target);
    if (learned.is_log) {
        residual = log_of(truth, learned.shift) - log_of(predicted, learned.shift);
    }
    return residual * (double)learned.scale;
}
