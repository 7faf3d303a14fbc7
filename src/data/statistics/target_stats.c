/* Two walks over the targets, sample by sample, as they lie: first for the means, then
 * for the squares. */
#include "data/statistics/target_stats.h"

#include "base/vector.h"

VECTOR_CLONES
static void add_targets(const float *restrict y, size_t outputs, double *restrict sums)
{
#pragma omp simd
    for (size_t i = 0; i < outputs; i++) {
        sums[i] += (double)y[i];
    }
}

VECTOR_CLONES
static void add_target_squares(const float *restrict y, size_t outputs,
                               const double *restrict means, double *restrict squares)
{
#pragma omp simd
    for (size_t i = 0; i < outputs; i++) {
        double e = (double)y[i] - means[i];
        squares[i] += e * e;
    }
}

void target_stats_measure(const nnfs_dataset *dataset, double *means, double *squares)
{
    size_t outputs = (size_t)dataset->storage.target_count;
    const float *y = dataset->storage.targets;
    for (size_t i = 0; i < outputs; i++) {
        means[i] = squares[i] = 0.0;
    }
    for (int64_t s = 0; s < dataset->samples; s++) {
        add_targets(y + dataset_row(dataset, s) * outputs, outputs, means);
    }
    for (size_t i = 0; i < outputs; i++) {
        means[i] /= (double)dataset->samples;
    }
    for (int64_t s = 0; s < dataset->samples; s++) {
        add_target_squares(y + dataset_row(dataset, s) * outputs, outputs, means, squares);
    }
}

int nnfs_dataset_labels_each(const nnfs_dataset *dataset)
{
    if (!dataset || !dataset->storage.targets || dataset->storage.target_count < 2) {
        return 0;
    }
    size_t outputs = (size_t)dataset->storage.target_count;
    for (int64_t s = 0; s < dataset->samples; s++) {
        const float *y = dataset->storage.targets + dataset_row(dataset, s) * outputs;
        for (size_t i = 0; i < outputs; i++) {
            if (y[i] != 0.0f && y[i] != 1.0f) {
                return 0;
            }
        }
    }
    return (int)outputs;
}
