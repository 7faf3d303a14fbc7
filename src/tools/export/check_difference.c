/* How far an export is from the network that it was made of. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/predictions.h"
#include "export/export.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* A deviation of the training data; on a log scale, where numbers differ by factors, the 1 that is
 * added to them, or nothing to speak of. */
static double unit_of(const nnfs_preprocessing *preprocessing, int output)
{
    if (!preprocessing) {
        return 1.0;
    }
    nnfs_target target = nnfs_preprocessing_target(preprocessing, output);
    if (target.is_log) {
        return fmax((double)target.shift, (double)FLT_MIN);
    }
    return 1.0 / fabs((double)target.scale);
}

nnfs_status difference_begin(difference *d, const model_data *loaded, nnfs_error *error)
{
    prediction_layout what = predictions_of(loaded->network, loaded->chosen);
    *d = (difference){.loaded = loaded, .outputs = what.outputs};
    if (what.classes > 0) {
        return NNFS_OK;
    }
    d->units = calloc((size_t)what.outputs, sizeof *d->units);
    if (!d->units) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int i = 0; i < what.outputs; i++) {
        d->units[i] = unit_of(what.preprocessing, i);
    }
    return NNFS_OK;
}

void difference_end(difference *d)
{
    free(d->units);
    d->units = NULL;
}

void difference_add(difference *d, const float *expected, int count, const float *got)
{
    bool both = count == 2 && d->outputs == 1; /* classes: the export has the other one too */
    d->samples++;
    for (int i = 0; i < count; i++) {
        double value = (double)expected[both ? 0 : i];
        if (both && i == 0) {
            value = (double)(1.0f - expected[0]);
        }
        double far = fabs((double)got[i] - value);
        if (d->units) {
            far /= fmax(fabs(value), d->units[i]);
        }
        /* NaN is as far as can be. */
        d->largest = MAX(d->largest, far);
        if (isnan(far)) {
            d->largest = (double)INFINITY;
        }
    }
}
