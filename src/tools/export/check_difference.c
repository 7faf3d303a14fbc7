/* How far an export is from the network that it was made of. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/predictions.h"
#include "export/export.h"

#include <math.h>
#include <stdlib.h>

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
        float scale = 1.0f;
        if (what.preprocessing) {
            scale = nnfs_preprocessing_target(what.preprocessing, i).scale;
        }
        d->units[i] = 1.0 / fabs((double)scale);
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
