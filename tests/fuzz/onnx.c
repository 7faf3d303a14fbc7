/* ONNX models in the reference interpreter: computed on three samples, or refused
 * with a sentence. */
#include "fuzz.h"

#include <stdlib.h>

enum { SAMPLES = 3, FEATURES = 4, OUTPUTS_MOST = 1000 };

static nnfs_dataset *make_dataset(void)
{
    static float features[SAMPLES * FEATURES] = {0.5f, -1.0f, 2.0f, 0.0f, 1.0f};
    static float targets[SAMPLES];
    nnfs_arrays arrays = {.features = features,
                          .feature_count = FEATURES,
                          .samples = SAMPLES,
                          .targets = targets,
                          .target_count = 1};
    nnfs_dataset *dataset = NULL;
    fuzz_check(nnfs_dataset_wrap(&arrays, &dataset, NULL) == NNFS_OK);
    return dataset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static nnfs_dataset *dataset;
    if (!dataset) {
        dataset = make_dataset();
    }
    nnfs_onnx *onnx = NULL;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = nnfs_onnx_open(fuzz_file(0, data, size), &onnx, &error);
    fuzz_check_error(status, &error);
    fuzz_check((status == NNFS_OK) == (onnx != NULL));
    if (onnx && nnfs_onnx_outputs(onnx) <= OUTPUTS_MOST) {
        float *outputs = calloc((size_t)nnfs_onnx_outputs(onnx), SAMPLES * sizeof *outputs);
        fuzz_check(outputs != NULL);
        status = nnfs_onnx_predict_dataset(onnx, dataset, 0, SAMPLES, outputs, &error);
        fuzz_check_error(status, &error);
        free(outputs);
    }
    nnfs_onnx_free(onnx);
    return 0;
}
