/* An exported ONNX model, computed by the reference interpreter. */
#include "common/exit.h"
#include "export/export.h"

#include <stdlib.h>

enum { BLOCK = 256 };

static nnfs_status compare_block(nnfs_onnx *onnx, int64_t first, int64_t count, float *expected,
                                 float *got, difference *d, nnfs_error *error)
{
    const model_data *loaded = d->loaded;
    int width = nnfs_onnx_outputs(onnx);
    TRY(nnfs_predict_dataset(loaded->network, loaded->chosen, first, count, loaded->machine.threads,
                             expected, error));
    TRY(nnfs_onnx_predict_dataset(onnx, loaded->chosen, first, count, got, error));
    for (int64_t i = 0; i < count; i++) {
        difference_add(d, expected + i * d->outputs, width, got + i * width);
    }
    return NNFS_OK;
}

nnfs_status check_onnx(const char *path, const model_data *loaded, difference *d, nnfs_error *error)
{
    nnfs_onnx *onnx = NULL;
    nnfs_status status = nnfs_onnx_open(path, &onnx, error);
    if (status != NNFS_OK) {
        return status;
    }
    size_t width = (size_t)nnfs_onnx_outputs(onnx);
    float *expected = calloc((size_t)d->outputs, BLOCK * sizeof *expected);
    float *got = calloc(width, BLOCK * sizeof *got);
    if (!expected || !got) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    int64_t samples = nnfs_dataset_samples(loaded->chosen);
    for (int64_t first = 0; status == NNFS_OK && first < samples; first += BLOCK) {
        int64_t count = BLOCK;
        if (samples - first < BLOCK) {
            count = samples - first;
        }
        status = compare_block(onnx, first, count, expected, got, d, error);
    }
    free(expected);
    free(got);
    nnfs_onnx_free(onnx);
    return status;
}
