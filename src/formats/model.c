/* What saving and loading a model have in common. */
#include "formats/model.h"

#include <math.h>
#include <stdio.h>

void model_name_tensor(model_name name, int layer, const char *part)
{
    (void)snprintf(name, sizeof(model_name), "layers.%d.%s", layer, part);
}

bool model_all_finite(const float *values, size_t count)
{
    int finite = 1; /* no early exit: the loop is vectorised */
    for (size_t i = 0; i < count; i++) {
        finite &= isfinite(values[i]) != 0;
    }
    return finite != 0;
}
