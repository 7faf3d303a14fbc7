/* What becomes of the targets: a log scale if asked for, then mean 0 and deviation 1. */
#include "base/memory.h"
#include "base/minmax.h"
#include "data/statistics/preprocessing_fit.h"
#include "data/statistics/target_stats.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Takes a target to a log scale: log y, or log(y + 1) where there are zeros. */
static nnfs_status fit_log(fitting *fit, int index, double *mean, double *squares,
                           nnfs_error *error)
{
    const nnfs_dataset *dataset = fit->dataset;
    const float *y = dataset->storage.targets + index;
    size_t outputs = (size_t)dataset->storage.target_count;
    preprocessing_target *target = &fit->made->targets[index];
    double least = HUGE_VAL;
    for (int64_t s = 0; s < dataset->samples; s++) {
        least = MIN((double)y[dataset_row(dataset, s) * outputs], least);
    }
    if (least < 0.0) {
        return fail(error, NNFS_ERROR_DATA,
                    "target %d has a negative number, %g, which has no place on a log scale",
                    index + 1, least);
    }
    target->is_log = true;
    target->shift = least > 0.0 ? 0.0f : 1.0f;
    *mean = *squares = 0.0;
    for (int64_t s = 0; s < dataset->samples; s++) {
        float log_y = preprocessing_log(y[dataset_row(dataset, s) * outputs], target->shift);
        *mean += (double)log_y / (double)dataset->samples;
    }
    for (int64_t s = 0; s < dataset->samples; s++) {
        float log_y = preprocessing_log(y[dataset_row(dataset, s) * outputs], target->shift);
        *squares += ((double)log_y - *mean) * ((double)log_y - *mean);
    }
    return NNFS_OK;
}

/* What becomes of the numbers to predict; they keep their units where `means` is NULL. */
static nnfs_status fit_target(fitting *fit, int index, const double *means, const double *squares,
                              nnfs_error *error)
{
    const table_schema *schema = fit->dataset->storage.schema;
    preprocessing_target *target = &fit->made->targets[index];
    target->column = -1;
    target->scale = 1.0f;
    if (index < schema->target_count) {
        target->column = schema->targets[index];
        memcpy(target->format, schema->columns[target->column].format, sizeof target->format);
        TRY(fitting_copy_text(schema->columns[target->column].name, "the name of a column",
                              &target->name, error));
    }
    if (means) {
        double deviation = sqrt(squares[index] / (double)fit->dataset->samples);
        if (fabs(means[index]) > LARGEST_REACH || deviation > LARGEST_REACH) {
            return fail(error, NNFS_ERROR_DATA,
                        "target %d has numbers too large to be scaled in float32; divide them",
                        index + 1);
        }
        if (!isfinite(means[index]) || !isfinite(deviation)) {
            return fail(error, NNFS_ERROR_DATA, "target %d has a number that is not finite",
                        index + 1);
        }
        target->center = (float)means[index];
        /* The inverse must be a number that can be divided by. */
        target->scale = deviation > (double)FLT_MIN ? (float)(1.0 / deviation) : 1.0f;
    }
    return NNFS_OK;
}

nnfs_status fit_targets(fitting *fit, nnfs_error *error)
{
    const dataset_storage *storage = &fit->dataset->storage;
    nnfs_preprocessing *made = fit->made;
    nnfs_status status = NNFS_OK;
    size_t count = 0;
    if (storage->targets && fit->settings.scale_targets) {
        count = (size_t)made->target_count;
    }
    double *means = memory_alloc(count, sizeof *means);
    double *squares = memory_alloc(count, sizeof *squares);
    if (!means || !squares) {
        status = fail_memory(error, size_mul(count, 2 * sizeof *means), "the targets' means");
    } else if (count > 0) {
        target_stats_measure(fit->dataset, means, squares);
    }
    for (size_t i = 0; status == NNFS_OK && i < count && fit->settings.log_targets; i++) {
        status = fit_log(fit, (int)i, &means[i], &squares[i], error);
    }
    made->target_kind = storage->schema->target_kind;
    for (int i = 0; status == NNFS_OK && i < made->target_count; i++) {
        status = fit_target(fit, i, count > 0 ? means : NULL, squares, error);
    }
    for (int i = 0; status == NNFS_OK && i < made->classes; i++) {
        status = fitting_copy_text(storage->schema->class_names[i], "the name of a class",
                                   &made->class_names[i], error);
    }
    memory_free(means);
    memory_free(squares);
    return status;
}
