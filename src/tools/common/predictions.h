/* What the outputs of a network stand for. */
#ifndef NNFS_TOOLS_COMMON_PREDICTIONS_H
#define NNFS_TOOLS_COMMON_PREDICTIONS_H

#include <nnfs/nnfs.h>

typedef struct prediction_layout {
    const nnfs_dataset *data;
    const nnfs_preprocessing *preprocessing; /* or NULL */
    int classes;                             /* 0 for numbers */
    int outputs;
} prediction_layout;

prediction_layout predictions_of(const nnfs_network *network, const nnfs_dataset *data);

/*
 * The class that nnfs_evaluate counts as the network's answer, for one sample's `count` outputs:
 * one output of two classes is that of the second. With a threshold that is not NaN, of two
 * classes: the second one if its probability is at least this.
 */
int predictions_class(int count, const float *outputs, double threshold);
/* How probable they make a class. */
float predictions_probability(int count, const float *outputs, int index);
/* How much larger a number is than its prediction, in the units that a network learns. */
double predictions_residual(const nnfs_preprocessing *preprocessing, int target, float truth,
                            float predicted);

#endif
