/* Sample weights, from a column of the table and from the classes. */
#include "data/sample_weights.h"

#include "base/memory.h"
#include "data/dataset.h"

#include <math.h>

bool weights_normalise(float *weights, int64_t count)
{
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)weights[i];
    }
    if (!(sum > 0.0)) {
        return false;
    }
    double factor = (double)count / sum;
    for (int64_t i = 0; i < count; i++) {
        weights[i] = (float)((double)weights[i] * factor);
    }
    return true;
}

nnfs_status dataset_set_weights(nnfs_dataset *dataset, nnfs_error *error)
{
    float *weights = memory_alloc((size_t)dataset->samples, sizeof *weights);
    if (!weights) {
        return fail_memory(error, size_mul((size_t)dataset->samples, sizeof *weights), "weights");
    }
    for (int64_t i = 0; i < dataset->samples; i++) {
        weights[i] = dataset->storage.weights[dataset_row(dataset, i)];
    }
    if (!weights_normalise(weights, dataset->samples)) {
        memory_free(weights);
        return fail(error, NNFS_ERROR_DATA, "the weights of all samples are 0");
    }
    memory_free(dataset->weights);
    dataset->weights = weights;
    return NNFS_OK;
}

/* ---- By class ---- */

static nnfs_status check_class_weights(const double *weights, int classes, nnfs_error *error)
{
    double sum = 0.0;
    for (int i = 0; weights && i < classes; i++) {
        if (!(weights[i] >= 0.0 && isfinite(weights[i]))) {
            return fail(error, NNFS_ERROR_ARGUMENT, "the weight of class %d is %g, not 0 or more",
                        i, weights[i]);
        }
        sum += weights[i];
    }
    if (weights && !(sum > 0.0)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the weights of all classes are 0");
    }
    return NNFS_OK;
}

/* factors [classes]: the weights, or samples / (classes * samples of the class). */
static void fill_factors(const nnfs_dataset *dataset, const double *weights, double *factors,
                         int64_t *counts)
{
    int classes = dataset->storage.classes;
    nnfs_dataset_class_samples(dataset, counts);
    for (int i = 0; i < classes; i++) {
        double alike = (double)dataset->samples / ((double)classes * (double)counts[i]);
        if (weights) {
            factors[i] = weights[i];
        } else if (counts[i] > 0) {
            factors[i] = alike;
        } else {
            factors[i] = 0.0;
        }
    }
}

/* weights [samples]: those the dataset has, times the factors of the classes. */
static bool multiply(const nnfs_dataset *dataset, const double *factors, double largest,
                     float *weights)
{
    for (int64_t i = 0; i < dataset->samples; i++) {
        double before = 1.0;
        if (dataset->weights) {
            before = (double)dataset->weights[i];
        }
        double factor = factors[dataset->storage.labels[dataset_row(dataset, i)]];
        weights[i] = (float)(before * (factor / largest));
    }
    return weights_normalise(weights, dataset->samples);
}

static double largest_of(const double *values, int count)
{
    double largest = 0.0;
    for (int i = 0; i < count; i++) {
        largest = fmax(largest, values[i]);
    }
    return largest;
}

nnfs_status nnfs_dataset_set_class_weights(nnfs_dataset *dataset, const double *weights,
                                           nnfs_error *error)
{
    if (!dataset) {
        return fail_null(error, "dataset");
    }
    int classes = dataset->storage.classes;
    if (!dataset->storage.labels) {
        return fail(error, NNFS_ERROR_ARGUMENT, "this dataset has no classes to be weighed");
    }
    nnfs_status status = check_class_weights(weights, classes, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t samples = (size_t)dataset->samples;
    double *factors = memory_alloc((size_t)classes, sizeof *factors);
    int64_t *counts = memory_alloc((size_t)classes, sizeof *counts);
    float *made = memory_alloc(samples, sizeof *made);
    if (!factors || !counts || !made) {
        status = fail_memory(error, size_mul(samples, sizeof *made), "weights");
        goto done;
    }
    fill_factors(dataset, weights, factors, counts);
    if (!multiply(dataset, factors, largest_of(factors, classes), made)) {
        status = fail(error, NNFS_ERROR_ARGUMENT,
                      "with these weights of the classes all samples would count nothing");
        goto done;
    }
    memory_free(dataset->weights);
    dataset->weights = made;
    made = NULL;
done:
    memory_free(factors);
    memory_free(counts);
    memory_free(made);
    return status;
}
