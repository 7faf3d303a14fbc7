/* What saving and loading a model have in common. */
#include "formats/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

void model_name_prefix(model_prefix prefix, int index)
{
    prefix[0] = '\0';
    if (index > 0) {
        (void)snprintf(prefix, sizeof(model_prefix), "networks.%d.", index);
    }
}

void model_name_tensor(model_name name, const char *prefix, const network_tensor *tensor)
{
    if (tensor->layer < 0) {
        (void)snprintf(name, sizeof(model_name), "%sinputs.%s", prefix, tensor->name);
        return;
    }
    (void)snprintf(name, sizeof(model_name), "%slayers.%d.%s", prefix, tensor->layer, tensor->name);
}

bool model_buffer_has(const model_buffer *buffer, const network_tensor *tensor)
{
    return tensor->trained || buffer->all_tensors;
}

uint32_t model_crc_text(uint32_t crc, const char *text)
{
    return (uint32_t)crc32_z(crc, (const unsigned char *)text, strlen(text) + 1);
}

bool model_all_finite(const float *values, size_t count)
{
    int finite = 1; /* no early exit: the loop is vectorised */
    for (size_t i = 0; i < count; i++) {
        finite &= isfinite(values[i]) != 0;
    }
    return finite != 0;
}
