/* Tensors of the reference interpreter: row-major, of floats, int64, texts or truth values. */
#ifndef NNFS_FORMATS_ONNX_TENSOR_H
#define NNFS_FORMATS_ONNX_TENSOR_H

#include "formats/onnx/onnx.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TENSOR_RANK_MAX = 4 };

/* A text by its bytes, which belong to the model or to the caller. */
typedef struct tensor_text {
    const char *bytes;
    size_t length;
} tensor_text;

typedef struct tensor {
    /* ONNX_FLOAT, ONNX_DOUBLE (of inputs), ONNX_INT64, ONNX_STRING, ONNX_BOOL; 0: no value yet */
    int32_t type;
    int rank;
    int64_t dims[TENSOR_RANK_MAX];
    size_t count;
    union {
        void *data;
        float *floats;
        double *doubles;
        int64_t *int64s;
        tensor_text *texts;
        unsigned char *bools;
    };
} tensor;

/* Reasons, by their address where no memory is left. */
extern const char tensor_no_memory[];

/* Makes an empty tensor one of this shape, zeroed. Returns why it cannot be made, or NULL. */
const char *tensor_make(tensor *made, int32_t type, int rank, const int64_t *dims);
const char *tensor_copy(tensor *made, const tensor *from);
/* Doubles become floats, small integers int64. */
const char *tensor_of_proto(tensor *made, const Onnx__TensorProto *from);
void tensor_free(tensor *which);

size_t tensor_element(int32_t type);

#endif
